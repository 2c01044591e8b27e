#include "kernels/activation.h"

#include <limits>

#include "tests/devices.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

constexpr std::int64_t sizes[] = {0, 1, 31, 33, 257, 1600, 597 * 43};

struct Activation {
  const char* name;
  double (*value)(double x);
  double (*slope)(double y);  // from the output
  void (*forward)(const Stream&, const Tensor& x, const Tensor& y);
  void (*backward)(const Stream&, const Tensor& y, const Tensor& dy, const Tensor& dx);
};

const Activation activations[] = {
    {"relu", [](double x) { return x < 0 ? 0 : x; }, [](double y) { return y <= 0 ? 0.0 : 1.0; },
     [](const Stream& s, const Tensor& x, const Tensor& y) { kernels::relu_forward(s, x, y, x.numel()); },
     [](const Stream& s, const Tensor& y, const Tensor& dy, const Tensor& dx) {
       kernels::relu_backward(s, y, dy, dx, y.numel());
     }},
    {"tanh", [](double x) { return std::tanh(x); }, [](double y) { return 1 - y * y; },
     [](const Stream& s, const Tensor& x, const Tensor& y) { kernels::tanh_forward(s, x, y, x.numel()); },
     [](const Stream& s, const Tensor& y, const Tensor& dy, const Tensor& dx) {
       kernels::tanh_backward(s, y, dy, dx, y.numel());
     }},
    {"sigmoid", [](double x) { return 1 / (1 + std::exp(-x)); }, [](double y) { return y * (1 - y); },
     [](const Stream& s, const Tensor& x, const Tensor& y) { kernels::sigmoid_forward(s, x, y, x.numel()); },
     [](const Stream& s, const Tensor& y, const Tensor& dy, const Tensor& dx) {
       kernels::sigmoid_backward(s, y, dy, dx, y.numel());
     }},
};

}  // namespace

TEST_CASE("activations and their gradients, also in place") {
  on_every_target([](const Target& target) {
    for (const Activation& f : activations)
      for (const std::int64_t n : sizes) {
        INFO(f.name << " of " << n);
        const Tensor x = make_normal(target, Shape{n}, 1, 3);
        const Tensor y = make_zeros(target, Shape{n});
        f.forward(target.stream, x, y);
        std::vector<double> want = numbers(x);
        for (auto& v : want) v = f.value(v);
        check_close(target, y, want);

        const Tensor dy = make_normal(target, Shape{n}, 2);
        const Tensor dx = make_zeros(target, Shape{n});
        f.backward(target.stream, y, dy, dx);
        want = numbers(y);
        const std::vector<double> gradient = numbers(dy);
        std::vector<double> size(want.size());
        for (std::size_t i = 0; i < want.size(); ++i) {
          size[i] = std::abs(gradient[i]);  // 1 - y^2 cancels
          want[i] = gradient[i] * f.slope(want[i]);
        }
        check_close(target, dx, want, size);

        f.backward(target.stream, y, dy, dy);
        CHECK(same_bits(dy, dx));
        f.forward(target.stream, x, x);
        CHECK(same_bits(x, y));
      }
  });
}

TEST_CASE("activations of zeros, infinities, NaN, large and subnormal numbers") {
  const double infinity = std::numeric_limits<double>::infinity();
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const std::vector<double> special{0.0,  -0.0,  infinity, -infinity, nan,  1e-40, -1e-40, 1e-30, -1e-30,
                                    1e30, -1e30, 20,       -20,       88.5, -87,   1e4,    -1e4};
  on_every_target([&](const Target& target) {
    // Below the smallest normal number a result may be flushed to zero.
    const double smallest = 0x1p-126 / target.tolerance;
    for (const Activation& f : activations) {
      INFO(f.name);
      const Tensor x = make(target, special);
      const Tensor y = make_zeros(target, x.shape());
      f.forward(target.stream, x, y);
      std::vector<double> want = numbers(x);
      for (auto& v : want) v = f.value(v);
      check_close(target, y, want, target.type == DType::float64 ? 0 : smallest);
      const std::vector<double> got = numbers(y);
      CHECK(std::signbit(got[1]) == (std::string(f.name) != "sigmoid"));
    }
  });
}

TEST_CASE("the gradient of relu passes where the output is NaN and stops at zeros") {
  on_every_target([](const Target& target) {
    const Tensor y = make(target, {0.0, -0.0, std::numeric_limits<double>::quiet_NaN(), 1e-30, 2});
    const Tensor dy = make(target, {5, 5, 5, 5, 5});
    kernels::relu_backward(target.stream, y, dy, dy, 5);
    check_close(target, dy, {0, 0, 5, 5, 5});
  });
}
