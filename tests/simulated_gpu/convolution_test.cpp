// The kernels for tensor cores of convolutions against sums in double: all passes, sizes that leave a rest,
// and the same bits whatever the order of the threads.
#include "tests/simulated_gpu/convolution_reference.h"

#include <cstring>
#include <type_traits>

#include "kernels/cuda/grouped_product.h"
#include "kernels/cuda/staged_product.h"
#include "kernels/cuda/staged_weights.h"
#include "kernels/cuda/window_product.h"
#include "tests/catch.h"

using namespace dlcore;
using namespace dlcore::test;
using namespace dlcore::kernels::cuda;

namespace {

const Schedule schedules[] = {{1, Arrival::late}, {2, Arrival::early}};

unsigned divided(std::size_t number, int by) {
  return static_cast<unsigned>((number + static_cast<std::size_t>(by) - 1) / static_cast<std::size_t>(by));
}

/// Of a convolution with `terms` products in each sum.
template <class T>
double bound(int terms) {
  return std::is_same_v<T, float> ? 4e-7 + 6e-8 * std::sqrt(terms) : 4e-3;
}

/// What kernel(result) gives by every schedule, which is the same.
template <class T, class Kernel>
std::vector<T> run(std::size_t count, Dimensions grid, int threads, const Kernel& kernel) {
  std::vector<std::vector<T>> results;
  for (const Schedule& schedule : schedules) {
    std::vector<T>& result = results.emplace_back(count, stored<T>(NAN));
    launch(grid, threads, schedule, [&] { kernel(result.data()); });
  }
  CHECK(std::memcmp(results[0].data(), results[1].data(), count * sizeof(T)) == 0);
  return results[0];
}

/// The parts of a gradient added up; parts: [part][weight]
std::vector<float> added(const std::vector<float>& parts, std::size_t weights) {
  std::vector<float> sums(weights);
  for (std::size_t i = 0; i < parts.size(); ++i) sums[i % weights] += parts[i];
  return sums;
}

template <class T>
void check_epilogue(const Case<T>& c, const std::vector<T>& got) {
  Sums want = c.y;
  const std::size_t channels = c.bias.size();
  for (std::size_t i = 0; i < want.value.size(); ++i) {
    const double sum = want.value[i] + static_cast<double>(load(c.bias[i % channels])) +
                       static_cast<double>(load(c.residual[i]));
    want.value[i] = std::max(sum, 0.0);
    want.size[i] += 4;  // of the bias, the residual and their sum
  }
  CHECK(error_of(got, want) < bound<T>(c.e.in * c.e.kernel * c.e.kernel));
}

template <class T>
void check_groups(const Extents& e) {
  INFO(e.n << " of " << e.h << "x" << e.w << ", " << e.groups << " groups of " << e.in << " to " << e.out
           << ", stride " << e.stride << ", dilation " << e.dilation);
  const Case<T> c(e);
  const Dimensions forward{2, static_cast<unsigned>(e.groups * e.out / grouped_channels)};
  const Dimensions backward{3, static_cast<unsigned>(e.groups * e.in / grouped_channels)};
  const auto y = run<T>(e.output(), forward, grouped_threads, [&](T* result) {
    grouped_product_kernel<T>(e.geometry(false), c.x.data(), c.w.data(), nullptr, nullptr, false, result);
  });
  CHECK(error_of(y, c.y) < bound<T>(9 * e.in));
  const auto dx = run<T>(e.input(), backward, grouped_threads, [&](T* result) {
    grouped_product_kernel<T>(e.geometry(true), c.dy.data(), c.w.data(), nullptr, nullptr, false, result);
  });
  CHECK(error_of(dx, c.dx) < bound<T>(9 * e.out));
  check_epilogue(c, run<T>(e.output(), forward, grouped_threads, [&](T* result) {
                   grouped_product_kernel<T>(e.geometry(false), c.x.data(), c.w.data(), c.bias.data(),
                                             c.residual.data(), true, result);
                 }));
  constexpr int parts = 3;
  const Dimensions pieces{parts, static_cast<unsigned>(e.groups * (e.in / 16) * (e.out / 16))};
  const auto dw = run<float>(parts * e.weights(), pieces, grouped_threads, [&](float* result) {
    grouped_product_weights_kernel<T>(e.weight_geometry(), c.x.data(), c.dy.data(), result);
  });
  CHECK(error_of(added(dw, e.weights()), c.dw) < bound<T>(static_cast<int>(e.pixels())));
}

/// One pass of a convolution with a window of one pixel, by the kernels for few pixels, for few channels and
/// for many, which give the same bits.
template <bool Backward>
void check_pixels(const Case<float>& c) {
  const Extents& e = c.e;
  const ConvolutionGeometry g = e.geometry(Backward);
  const auto pixels = static_cast<std::size_t>(g.pixels), columns = static_cast<std::size_t>(g.result_width);
  const float* const source = Backward ? c.dy.data() : c.x.data();
  const Sums& want = Backward ? c.dx : c.y;
  const auto into = [&](float* result) {
    return PointwiseResult{nullptr, nullptr, false, result, g.result_width};
  };
  const std::size_t count = pixels * columns;
  const auto few =
      run<float>(count, {divided(pixels, 16 * pointwise_warps), divided(columns, pointwise_columns)},
                 pointwise_threads, [&](float* result) {
                   pointwise_product_kernel<Backward, false, 3>(g, source, c.w.data(), into(result));
                 });
  CHECK(error_of(few, want) < bound<float>(g.source_width));
  const auto shared_depth =
      run<float>(count, {divided(pixels, 16), divided(columns, pointwise_columns)}, pointwise_threads,
                 [&](float* result) {
                   pointwise_product_kernel<Backward, true, 1>(g, source, c.w.data(), into(result));
                 });
  CHECK(error_of(shared_depth, want) < bound<float>(g.source_width));
  CHECK(run<float>(count, {divided(pixels, staged_pixels), divided(columns, 64)}, staged_threads,
                   [&](float* result) {
                     staged_product_kernel<64, Backward>(g, source, c.w.data(), into(result));
                   }) == few);
  CHECK(run<float>(count, {divided(pixels, staged_pixels), divided(columns, 80)}, staged_threads,
                   [&](float* result) {
                     staged_product_kernel<80, Backward>(g, source, c.w.data(), into(result));
                   }) == few);
  if (g.source_width > window_most_columns) return;
  CHECK(run<float>(count, {2, divided(columns, pointwise_columns)}, pointwise_threads, [&](float* result) {
          window_product_kernel<window_pieces, Backward>(SourcePixels{g, source}, c.w.data(), into(result));
        }) == few);
}

/// The gradient of the weights by kernel(parts), blocks of `rows` by `rows` weights.
template <class Kernel>
void check_weights(const Case<float>& c, int columns, int rows, int threads, const Kernel& kernel) {
  for (const unsigned parts : {1u, 3u}) {
    const Dimensions grid{parts, divided(static_cast<std::size_t>(c.e.out), rows),
                          divided(static_cast<std::size_t>(columns), rows)};
    const auto dw = run<float>(parts * c.e.weights(), grid, threads, kernel);
    CHECK(error_of(added(dw, c.e.weights()), c.dw) < bound<float>(static_cast<int>(c.e.pixels())));
  }
}

void check_windows_of_one_pixel(const Extents& e) {
  INFO(e.n << " of " << e.h << "x" << e.w << ", " << e.in << " to " << e.out << ", stride " << e.stride);
  const Case<float> c(e);
  check_pixels<false>(c);
  check_pixels<true>(c);
  const Dimensions grid{divided(e.pixels(), staged_pixels), divided(static_cast<std::size_t>(e.out), 80)};
  check_epilogue(c, run<float>(e.output(), grid, staged_threads, [&](float* result) {
                   staged_product_kernel<80, false>(e.geometry(false), c.x.data(), c.w.data(),
                                                    {c.bias.data(), c.residual.data(), true, result, e.out});
                 }));
  const PixelColumns x{e.weight_geometry(), c.x.data()};
  check_weights(c, e.in, pointwise_columns, pointwise_threads,
                [&](float* parts) { product_weights_kernel(x, c.dy.data(), parts); });
  check_weights(c, e.in, staged_channels, staged_weight_threads,
                [&](float* parts) { staged_weights_kernel(x, c.dy.data(), parts); });
}

template <int Pieces>
void check_small_windows(const Extents& e) {
  INFO(e.h << "x" << e.w << ", windows of " << e.kernel << "x" << e.kernel << "x" << e.in);
  const Case<float> c(e);
  const WindowColumns x{e.weight_geometry(), c.x.data()};
  const Dimensions grid{3, divided(static_cast<std::size_t>(e.out), pointwise_columns)};
  check_epilogue(c, run<float>(e.output(), grid, pointwise_threads, [&](float* result) {
                   window_product_kernel<Pieces, false>(
                       x, c.w.data(), PointwiseResult{c.bias.data(), c.residual.data(), true, result, e.out});
                 }));
  check_weights(c, e.in * e.kernel * e.kernel, pointwise_columns, pointwise_threads,
                [&](float* parts) { product_weights_kernel(x, c.dy.data(), parts); });
}

}  // namespace

TEMPLATE_TEST_CASE("simulated: groups of 16 channels", "", float, bfloat16) {
  check_groups<TestType>({2, 7, 7, 2, 16, 16, 3, 1, 1, 1});
  check_groups<TestType>({1, 9, 6, 1, 16, 16, 3, 2, 1, 1});
  check_groups<TestType>({3, 4, 4, 1, 32, 16, 3, 1, 1, 1});
  check_groups<TestType>({1, 8, 5, 2, 16, 32, 3, 2, 0, 1});
  check_groups<TestType>({1, 11, 13, 1, 16, 16, 3, 4, 2, 2});
  check_groups<TestType>({1, 1, 1, 1, 16, 16, 3, 1, 1, 1});
}

TEST_CASE("simulated: windows of one pixel") {
  check_windows_of_one_pixel({1, 1, 1, 1, 4, 4});
  check_windows_of_one_pixel({2, 5, 9, 1, 36, 20, 1, 2});
  check_windows_of_one_pixel({1, 9, 9, 1, 164, 32, 1, 4});
  check_windows_of_one_pixel({2, 7, 6, 1, 64, 48});
  check_windows_of_one_pixel({3, 7, 7, 1, 100, 84});
}

TEST_CASE("simulated: lanes that access shared memory together meet different banks") {
  const Case<float> c({1, 16, 16, 1, 160, 160});
  const auto check = [](const Traffic& traffic, double most_copies) {
    CHECK(traffic.reads.taken == traffic.reads.least);
    CHECK(traffic.reads.least > 0);
    CHECK(static_cast<double>(traffic.copies.taken) <=
          most_copies * static_cast<double>(traffic.copies.least));
    CHECK(traffic.copies.least > 0);
  };
  std::vector<float> sums(c.e.output());
  const PointwiseResult result{nullptr, nullptr, false, sums.data(), c.e.out};
  const auto staged = [&](auto columns, auto backward) {
    constexpr int block = columns.value;
    return launch({4, divided(160, block)}, staged_threads, {}, [&] {
      staged_product_kernel<block, backward.value>(c.e.geometry(backward.value), c.x.data(), c.w.data(),
                                                   result);
    });
  };
  check(staged(std::integral_constant<int, 64>{}, std::false_type{}), 1);
  check(staged(std::integral_constant<int, 64>{}, std::true_type{}), 1);
  check(staged(std::integral_constant<int, 80>{}, std::false_type{}), 1);
  // Eight lanes' copies begin in one row of 80 and end in the next.
  check(staged(std::integral_constant<int, 80>{}, std::true_type{}), 1.25);
  const PixelColumns x{c.e.weight_geometry(), c.x.data()};
  std::vector<float> parts(c.e.weights());
  check(launch({1, 3, 3}, staged_weight_threads, {},
               [&] { staged_weights_kernel(x, c.dy.data(), parts.data()); }),
        1);
}

TEST_CASE("simulated: windows of few numbers") {
  check_small_windows<2>({2, 13, 17, 1, 3, 32, 3, 2, 1, 1});
  check_small_windows<1>({1, 5, 6, 1, 1, 20, 3, 1, 1, 1});
  check_small_windows<4>({1, 9, 9, 1, 7, 36, 3, 1, 1, 2});
  check_small_windows<4>({2, 6, 5, 1, 4, 4, 4, 3, 2, 1});
}
