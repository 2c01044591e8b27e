// The float versions of exp, tanh, sigmoid and log(1 + exp(x)) over all float32 numbers, every 997th bit
// pattern, against the C library's in double.
#include <bit>
#include <cstdint>
#include <limits>

#include "kernels/activation.h"
#include "kernels/loss.h"
#include "kernels/softmax.h"
#include "tests/devices.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

constexpr double most_ulp = 4;  // the promise of kernels/numeric.h for the functions, doubled for the softmax

std::vector<float> all_floats() {
  std::vector<float> values;
  for (std::uint64_t bits = 0; bits < (std::uint64_t{1} << 32); bits += 997)
    values.push_back(std::bit_cast<float>(static_cast<std::uint32_t>(bits)));
  return values;
}

// Units in the last place of the float32 nearest to `want`. A result below the normal range may be zero.
double ulp_error(float got, double want) {
  const auto nearest = static_cast<float>(want);
  if (std::isnan(want)) return std::isnan(got) ? 0 : std::numeric_limits<double>::infinity();
  if (std::isinf(nearest) || std::isinf(got))
    return got == nearest ? 0 : std::numeric_limits<double>::infinity();
  if (got == 0 && std::abs(want) < std::numeric_limits<float>::min()) return 0;
  const int exponent = std::max(std::ilogb(nearest == 0 ? 0x1p-149f : nearest), -126);
  return std::abs(static_cast<double>(got) - want) / std::ldexp(1.0, exponent - 23);
}

struct Worst {
  double ulp = 0;
  float at = 0;
};

// stride: y has `stride` elements per x, of which the last counts.
Worst worst_of(const std::vector<float>& x, const std::vector<float>& y, const std::vector<double>& want,
               std::size_t stride = 1) {
  Worst worst;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double error = ulp_error(y[stride * i + stride - 1], want[i]);
    if (error > worst.ulp) worst = {error, x[i]};
  }
  return worst;
}

void report(const Target& target, const char* what, const Worst& worst) {
  std::printf("%-28s %-8s worst error %.3f ulp, at %.9g\n", target.name.c_str(), what, worst.ulp,
              static_cast<double>(worst.at));
  CHECK(worst.ulp < most_ulp);
}

template <class F>
std::vector<double> oracle(const std::vector<float>& x, F f) {
  std::vector<double> want(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) want[i] = f(static_cast<double>(x[i]));
  return want;
}

}  // namespace

TEST_CASE("tanh and sigmoid are accurate over all float32 numbers") {
  const std::vector<float> x = all_floats();
  const auto n = static_cast<std::int64_t>(x.size());
  const auto tanh_of = oracle(x, [](double v) { return std::tanh(v); });
  const auto sigmoid_of = oracle(x, [](double v) { return 1 / (1 + std::exp(-v)); });
  on_every_target_of(DType::float32, [&](const Target& target) {
    const Tensor in = Tensor::from(x, Shape{n}, target.device());
    const Tensor out = make_zeros(target, Shape{n});
    kernels::tanh_forward(target.stream, in, out, n);
    report(target, "tanh", worst_of(x, out.to_vector<float>(), tanh_of));
    kernels::sigmoid_forward(target.stream, in, out, n);
    report(target, "sigmoid", worst_of(x, out.to_vector<float>(), sigmoid_of));
  });
}

// Rows (0, x): the second probability is exp(x) / (1 + exp(x)).
TEST_CASE("softmax, and with it exp, is accurate over all float32 numbers") {
  const std::vector<float> x = all_floats();
  const auto n = static_cast<std::int64_t>(x.size());
  std::vector<float> rows(2 * x.size());
  for (std::size_t i = 0; i < x.size(); ++i) rows[2 * i + 1] = x[i];
  const auto want = oracle(x, [](double v) {
    if (std::isinf(v)) return v > 0 ? std::numeric_limits<double>::quiet_NaN() : 0.0;
    return v > 0 ? 1 / (1 + std::exp(-v)) : std::exp(v) / (1 + std::exp(v));
  });
  on_every_target_of(DType::float32, [&](const Target& target) {
    const Tensor in = Tensor::from(rows, Shape{n, 2}, target.device());
    const Tensor out = make_zeros(target, Shape{n, 2});
    kernels::softmax_forward(target.stream, in, out, n, 2);
    report(target, "softmax", worst_of(x, out.to_vector<float>(), want, 2));
  });
}

// The cross-entropy of sigmoid(x) and the target 0.
TEST_CASE("log(1 + exp(x)) is accurate over all float32 numbers") {
  const std::vector<float> x = all_floats();
  const auto n = static_cast<std::int64_t>(x.size());
  const auto want =
      oracle(x, [](double v) { return v > 0 ? v + std::log1p(std::exp(-v)) : std::log1p(std::exp(v)); });
  on_every_target_of(DType::float32, [&](const Target& target) {
    const Tensor in = Tensor::from(x, Shape{n, 1}, target.device());
    const Tensor zeros = make_zeros(target, Shape{n, 1}), losses = make_zeros(target, Shape{n});
    kernels::binary_loss(target.stream, in, zeros, Tensor(), losses, n, 1);
    report(target, "softplus", worst_of(x, losses.to_vector<float>(), want));
  });
}
