#include "kernels/convolution.h"

#include <array>

#include "kernels/convolution_plain.h"
#include "kernels/convolution_vendor.h"
#include "tests/devices.h"

using namespace dlcore;
using namespace dlcore::test;
using kernels::ConvolutionExtents;
using kernels::Window;

namespace {

Window square(std::int64_t kernel, std::int64_t stride = 1, std::int64_t padding = 0,
              std::int64_t dilation = 1) {
  return {{kernel, stride, padding, dilation}, {kernel, stride, padding, dilation}};
}

struct Case {
  const char* what;
  ConvolutionExtents e;
};

const Case cases[] = {
    {"one pixel", {1, 1, 1, 1, 1}},
    {"1x1", {2, 5, 7, 31, 33, 1, square(1)}},
    {"1x1 stride 2", {2, 7, 6, 32, 64, 1, square(1, 2)}},
    {"1x1 stride 4 and 2, of many channels", {2, 9, 7, 212, 20, 1, {{1, 4, 0, 1}, {1, 2, 0, 1}}}},
    {"1x1 stride 3, of channels in fours", {1, 8, 7, 12, 8, 1, square(1, 3)}},
    {"3x3 of 4 channels, dilation", {2, 9, 8, 4, 36, 1, square(3, 1, 1, 2)}},
    {"4x4 of 4 channels", {1, 9, 6, 4, 4, 1, square(4, 3, 2)}},
    {"3x3", {2, 9, 11, 5, 7, 1, square(3, 1, 1)}},
    {"3x3 stride 2, an RGB stem", {3, 13, 17, 3, 32, 1, square(3, 2, 1)}},
    {"groups of 16, stride 2", {2, 9, 9, 64, 64, 4, square(3, 2, 1)}},
    {"groups of 16", {1, 7, 7, 48, 48, 3, square(3, 1, 1)}},
    {"groups of 32 to 16, stride 2", {2, 6, 5, 64, 32, 2, square(3, 2, 1)}},
    {"groups of 16 to 32, dilation", {1, 5, 8, 32, 64, 2, square(3, 1, 2, 2)}},
    {"depthwise", {2, 6, 5, 31, 31, 31, square(3, 1, 1)}},
    {"groups that widen", {2, 5, 5, 6, 12, 3, square(3, 1, 1)}},
    {"groups of 8 to 4, dilation, one axis unlike the other",
     {3, 11, 10, 24, 12, 3, {{3, 2, 2, 2}, {2, 1, 1, 3}}}},
    {"groups of 24", {1, 3, 4, 48, 48, 2, square(3, 1, 1)}},
    {"dilation", {1, 11, 10, 4, 6, 1, square(3, 1, 2, 2)}},
    {"one axis unlike the other", {2, 8, 9, 4, 3, 1, {{3, 2, 1, 1}, {1, 1, 0, 1}}}},
    {"the window is the picture", {2, 4, 4, 8, 5, 1, square(4)}},
    {"padding wider than the picture", {1, 2, 2, 3, 2, 1, square(5, 1, 4)}},
    {"no picture", {0, 5, 5, 4, 4, 1, square(3, 1, 1)}},
};

Tensor plain_like(const Tensor& like) {  // in double on the host
  return like.to(Device::cpu()).to(DType::float64);
}

std::vector<double> sizes(std::vector<double> values) {
  for (auto& v : values) v = std::abs(v);
  return values;
}

const Stream host(CpuTarget::plain);

Tensor sizes_of(const Tensor& tensor) {
  return Tensor::from(sizes(numbers(tensor)), tensor.shape());
}

void check_forward(const Target& target, const ConvolutionExtents& e, bool bias, bool residual, bool relu,
                   bool constant) {
  const Tensor x = make_normal(target, e.input_shape(), 1);
  const Tensor w = make_normal(target, e.weight_shape(), 2);
  const kernels::ConvolutionEpilogue epilogue{bias ? make_normal(target, {e.out}, 3) : Tensor(),
                                              residual ? make_normal(target, e.output_shape(), 4) : Tensor(),
                                              relu};
  const Tensor y = make(target, std::vector<double>(static_cast<std::size_t>(e.output_shape().numel()), NAN),
                        e.output_shape());
  if (constant) {
    const kernels::ConstantWeights weights(w);
    kernels::convolution_forward(target.stream, e, x, weights, y, epilogue);
    kernels::convolution_forward(target.stream, e, x, weights, y, epilogue);
  } else {
    kernels::convolution_forward(target.stream, e, x, w, y, epilogue);
  }
  const auto wide = [&](const Tensor& t) { return t.defined() ? plain_like(t) : Tensor(); };
  const auto size = [&](const Tensor& t) { return t.defined() ? sizes_of(t) : Tensor(); };
  const Tensor want(e.output_shape(), DType::float64);
  const Tensor magnitude(e.output_shape(), DType::float64);
  kernels::convolution_plain_forward(host, e, plain_like(x), plain_like(w), wide(epilogue.bias),
                                     wide(epilogue.residual), relu, want);
  kernels::convolution_plain_forward(host, e, sizes_of(x), sizes_of(w), size(epilogue.bias),
                                     size(epilogue.residual), false, magnitude);
  check_close(target, y, numbers(want), numbers(magnitude), sum_factor(e.weight_shape().numel() / e.out));
}

void check_backward(const Target& target, const ConvolutionExtents& e) {
  const Tensor x = make_normal(target, e.input_shape(), 1);
  const Tensor w = make_normal(target, e.weight_shape(), 2);
  const Tensor dy = make_normal(target, e.output_shape(), 5);
  const Tensor dx = make(target, std::vector<double>(static_cast<std::size_t>(x.numel()), NAN), x.shape());
  kernels::convolution_backward_data(target.stream, e, dy, w, dx);
  const Tensor want(x.shape(), DType::float64);
  const Tensor magnitude(x.shape(), DType::float64);
  kernels::convolution_plain_backward_data(host, e, plain_like(dy), plain_like(w), want);
  kernels::convolution_plain_backward_data(host, e, sizes_of(dy), sizes_of(w), magnitude);
  check_close(target, dx, numbers(want), numbers(magnitude), sum_factor(w.numel() / e.c));

  const Tensor dw = make_normal(target, w.shape(), 6);  // a gradient accumulates
  const Tensor want_w = plain_like(dw).clone();
  const Tensor magnitude_w = sizes_of(dw);
  kernels::convolution_backward_weights(target.stream, e, x, dy, dw);
  kernels::convolution_plain_backward_weights(host, e, plain_like(x), plain_like(dy), want_w);
  kernels::convolution_plain_backward_weights(host, e, sizes_of(x), sizes_of(dy), magnitude_w);
  check_close(target, dw, numbers(want_w), numbers(magnitude_w), sum_factor(dy.numel() / e.out));
}

}  // namespace

TEST_CASE("convolution_plain is the sum of products") {
  // 1 2 3     1 2                     1 2 3 0     window of 2, padding 1 at each side, stride 2:
  // 4 5 6  *  3 4                     places (-1,-1) (-1,1) (1,-1) (1,1)
  // 7 8 9
  const Tensor x = Tensor::from(std::vector<double>{1, 2, 3, 4, 5, 6, 7, 8, 9}, {1, 3, 3, 1});
  const Tensor w = Tensor::from(std::vector<double>{1, 2, 3, 4}, {1, 1, 2, 2});
  const ConvolutionExtents e{1, 3, 3, 1, 1, 1, square(2, 2, 1)};
  REQUIRE(e.output_shape() == Shape({1, 2, 2, 1}));
  CHECK(e.flop() == 32);
  const Tensor y(e.output_shape(), DType::float64);
  kernels::convolution_plain_forward(host, e, x, w, Tensor(), Tensor(), false, y);
  CHECK(numbers(y) == std::vector<double>{4, 2 * 3 + 3 * 4, 4 * 2 + 7 * 4, 5 + 6 * 2 + 8 * 3 + 9 * 4});
  const Tensor bias = Tensor::from(std::vector<double>{-20}, {1});
  const Tensor residual = Tensor::from(std::vector<double>{17, 0, 0, -80}, {1, 2, 2, 1});
  kernels::convolution_plain_forward(host, e, x, w, bias, residual, true, y);
  CHECK(numbers(y) == std::vector<double>{1, 0, 16, 0});
  const Tensor dy = Tensor::from(std::vector<double>{1, 10, 100, 1000}, {1, 2, 2, 1});
  const Tensor dx(x.shape(), DType::float64);
  kernels::convolution_plain_backward_data(host, e, dy, w, dx);
  CHECK(numbers(dx) == std::vector<double>{4, 30, 40, 200, 1000, 2000, 400, 3000, 4000});
  const Tensor dw = Tensor::from(std::vector<double>{0, 0, 0, 5}, {1, 1, 2, 2});
  kernels::convolution_plain_backward_weights(host, e, x, dy, dw);
  CHECK(numbers(dw) == std::vector<double>{5000, 6000 + 400, 8000 + 20, 9000 + 700 + 30 + 1 + 5});
}

TEST_CASE("convolution forward agrees with the plain one in double") {
  on_every_target([](const Target& target) {
    for (const Case& one : cases) {
      INFO(one.what);
      check_forward(target, one.e, false, false, false, false);
      check_forward(target, one.e, true, false, true, false);
      check_forward(target, one.e, true, true, true, true);
      check_forward(target, one.e, false, true, false, true);
    }
  });
}

TEST_CASE("convolution adds to what the result holds, on the CPU") {
  on_every_target([](const Target& target) {
    if (target.device().is_cuda()) return;
    for (const Case& one : cases) {
      INFO(one.what);
      const ConvolutionExtents& e = one.e;
      const Tensor x = make_normal(target, e.input_shape(), 1);
      const Tensor w = make_normal(target, e.weight_shape(), 2);
      const Tensor residual = make_normal(target, e.output_shape(), 4);
      const Tensor apart = make_zeros(target, e.output_shape());
      kernels::convolution_forward(target.stream, e, x, w, apart, {.residual = residual, .relu = true});
      const Tensor y = residual.clone();
      kernels::convolution_forward(target.stream, e, x, w, y, {.residual = y, .relu = true});
      const std::int64_t terms = w.numel() / e.out + 1;
      check_close(target, y, numbers(apart), static_cast<double>(terms));
    }
  });
}

TEST_CASE("convolution backward agrees with the plain one in double") {
  on_every_target([](const Target& target) {
    for (const Case& one : cases) {
      INFO(one.what);
      check_backward(target, one.e);
    }
  });
}

TEST_CASE("the GPU's own kernels take many pixels, and agree with cuDNN") {
  if (cuda_device_count() == 0) DLCORE_SKIP("no GPU here");
  // Several pixels for a thread or a warp, and a rest.
  const ConvolutionExtents many[] = {
      {5, 61, 67, 64, 64, 4, square(3, 1, 1)},   // groups of 16
      {5, 61, 67, 64, 64, 8, square(3, 1, 1)},   // and of 8
      {1, 97, 101, 32, 36, 1, square(1)},        // fewer pixels
      {7, 61, 67, 48, 64, 1, square(1)},         // few channels of many pixels
      {5, 61, 67, 80, 96, 1, square(1)},         // columns in blocks of 64, backward of 80
      {2, 61, 67, 80, 160, 1, square(1)},        // of 80 both ways
      {3, 61, 67, 64, 96, 1, square(1)},         // backward of 64
      {9, 121, 123, 32, 64, 1, square(1, 2)},    // further apart
      {5, 197, 201, 3, 32, 1, square(3, 2, 1)},  // an RGB stem
  };
  for (const ConvolutionExtents& e : many)
    for (const Target& target : targets()) {
      if (target.device().is_cpu() || target.type == DType::float64) continue;
      if (e.groups == 1 && target.type == DType::bfloat16) continue;  // only cuBLASLt and cuDNN have them
      INFO(target.name << ", " << e.groups << " groups, " << e.c << " to " << e.out << " channels");
      const Tensor x = make_normal(target, e.input_shape(), 1);
      const Tensor w = make_normal(target, e.weight_shape(), 2);
      const Tensor dy = make_normal(target, e.output_shape(), 3);
      const Tensor y = make_zeros(target, e.output_shape()),
                   y_of_cudnn = make_zeros(target, e.output_shape());
      const Tensor dx = make_zeros(target, e.input_shape()),
                   dx_of_cudnn = make_zeros(target, e.input_shape());
      const Tensor dw = make_zeros(target, e.weight_shape()),
                   dw_of_cudnn = make_zeros(target, e.weight_shape());
      REQUIRE((e.groups > 1 ? kernels::convolution_grouped_forward(target.stream, e, x, w, y, {})
                            : kernels::convolution_split_forward(target.stream, e, x, w, y, {})));
      REQUIRE((e.groups > 1
                   ? kernels::convolution_grouped_backward_data(target.stream, e, dy, w, dx)
                   : kernels::convolution_split_backward_data(target.stream, e, dy, w, dx) || e.c == 3));
      REQUIRE((e.groups > 1 ? kernels::convolution_grouped_backward_weights(target.stream, e, x, dy, dw)
                            : kernels::convolution_split_backward_weights(target.stream, e, x, dy, dw)));
      REQUIRE(kernels::convolution_cudnn_forward(target.stream, e, x, w, nullptr, y_of_cudnn, {}));
      REQUIRE(kernels::convolution_cudnn_backward_data(target.stream, e, dy, w, dx_of_cudnn));
      REQUIRE(kernels::convolution_cudnn_backward_weights(target.stream, e, x, dy, dw_of_cudnn));
      const double terms = 9 * 16;  // of normal numbers
      check_close(target, y, numbers(y_of_cudnn), terms);
      if (e.c > 3) check_close(target, dx, numbers(dx_of_cudnn), terms);  // the first layer wants none
      check_close(target, dw, numbers(dw_of_cudnn), static_cast<double>(e.n * e.h * e.w));
    }
}

TEST_CASE("cuDNN has every convolution of float32 and bfloat16") {
  // Else the plain route would answer, rightly and slowly.
  if (cuda_device_count() == 0) DLCORE_SKIP("no GPU here: cuDNN is left out");
  for (const Target& target : targets()) {
    if (target.device().is_cpu() || target.type == DType::float64) continue;
    for (const Case& one : cases) {
      const ConvolutionExtents& e = one.e;
      if (e.n == 0) continue;
      INFO(target.name << ", " << one.what);
      const Tensor x = make_normal(target, e.input_shape(), 1);
      const Tensor w = make_normal(target, e.weight_shape(), 2);
      const Tensor y = make_zeros(target, e.output_shape());
      CHECK(kernels::convolution_cudnn_forward(target.stream, e, x, w, nullptr, y, {}));
      CHECK(kernels::convolution_cudnn_backward_data(target.stream, e, y, w, x));
      CHECK(kernels::convolution_cudnn_backward_weights(target.stream, e, x, y, w));
    }
  }
}

TEST_CASE("convolution takes views at odd places") {
  const ConvolutionExtents grouped{2, 6, 5, 16, 16, 2, square(3, 1, 1)};
  const ConvolutionExtents pointwise{2, 6, 5, 16, 16};  // its weights are used where they are
  on_every_target([&](const Target& target) {
    for (const ConvolutionExtents& e : {grouped, pointwise}) {
      const auto odd = [&](const Tensor& even) {
        const Tensor flat = make_zeros(target, {even.numel() + 1});
        const Tensor view = flat.slice(1, even.shape());
        copy(target.stream, even, view);
        return view;
      };
      const Tensor x = make_normal(target, e.input_shape(), 1);
      const Tensor w = make_normal(target, e.weight_shape(), 2);
      const Tensor y = make_zeros(target, e.output_shape());
      const Tensor dx = make_zeros(target, e.input_shape());
      const Tensor dw = make_zeros(target, e.weight_shape());
      kernels::convolution_forward(target.stream, e, x, w, y);
      kernels::convolution_backward_data(target.stream, e, y, w, dx);
      kernels::convolution_backward_weights(target.stream, e, x, y, dw);
      const Tensor odd_y = odd(make_zeros(target, e.output_shape()));
      const Tensor odd_dx = odd(make_zeros(target, e.input_shape()));
      const Tensor odd_dw = odd(make_zeros(target, e.weight_shape()));
      kernels::convolution_forward(target.stream, e, odd(x), odd(w), odd_y);
      kernels::convolution_backward_data(target.stream, e, odd(y), odd(w), odd_dx);
      kernels::convolution_backward_weights(target.stream, e, odd(x), odd(y), odd_dw);
      const double size = 10 * static_cast<double>(e.input_shape().numel());  // another engine, another order
      check_close(target, odd_y, numbers(y), size);
      check_close(target, odd_dx, numbers(dx), size);
      check_close(target, odd_dw, numbers(dw), size);
    }
  });
}

TEST_CASE("convolution repeats bit for bit") {
  const ConvolutionExtents e{4, 14, 14, 64, 64, 4, square(3, 1, 1)};
  on_every_target([&](const Target& target) {
    const Tensor x = make_normal(target, e.input_shape(), 1);
    const Tensor dy = make_normal(target, e.output_shape(), 2);
    const Tensor w = make_normal(target, e.weight_shape(), 3);
    const auto run = [&] {
      const Tensor y = make_zeros(target, e.output_shape());
      const Tensor dx = make_zeros(target, e.input_shape());
      const Tensor dw = make_zeros(target, e.weight_shape());
      kernels::convolution_forward(target.stream, e, x, w, y);
      kernels::convolution_backward_data(target.stream, e, dy, w, dx);
      kernels::convolution_backward_weights(target.stream, e, x, dy, dw);
      return std::array{y, dx, dw};
    };
    const auto first = run();
    const auto second = run();
    for (std::size_t i = 0; i < first.size(); ++i) CHECK(same_bits(first[i], second[i]));
  });
}

TEST_CASE("convolution says what does not fit") {
  const Stream stream;
  const ConvolutionExtents e{2, 5, 5, 4, 6, 2, square(3)};
  const Tensor x = Tensor::zeros(e.input_shape(), DType::float32);
  const Tensor w = Tensor::zeros(e.weight_shape(), DType::float32);
  const Tensor y = Tensor::zeros(e.output_shape(), DType::float32);
  const auto run = [&](const ConvolutionExtents& extents, const Tensor& a, const Tensor& b, const Tensor& c,
                       kernels::ConvolutionEpilogue epilogue = {}) {
    return error_of([&] { kernels::convolution_forward(stream, extents, a, b, c, epilogue); });
  };
  kernels::convolution_forward(stream, e, x, w, y);  // fits
  CHECK(contains(run(e, y, w, y), "expected the pictures to be float32 [2, 5, 5, 4] on cpu"));
  CHECK(contains(run(e, x, x, y), "expected the weights to be float32 [6, 2, 3, 3] on cpu"));
  CHECK(contains(run(e, x, w, x), "expected the result to be float32 [2, 3, 3, 6] on cpu"));
  CHECK(contains(run(e, x, w, y, {.bias = x}), "expected the bias to be float32 [6] on cpu"));
  CHECK(contains(run(e, x, w, y, {.residual = x}), "expected the residual to be float32 [2, 3, 3, 6]"));
  CHECK(contains(run(e, x.to(DType::float64), w, y), "expected the weights to be float64"));
  ConvolutionExtents wrong = e;
  wrong.groups = 4;
  CHECK(contains(run(wrong, x, w, y), "to 6 channels in 4 groups"));
  wrong = e;
  wrong.window = square(6);
  CHECK(contains(run(wrong, x, w, y), "a window of 6x6 does not fit into 5x5"));
  wrong.window = square(3, 0);
  CHECK(contains(run(wrong, x, w, y), "kernel 3, stride 0, padding 0, dilation 1"));
}
