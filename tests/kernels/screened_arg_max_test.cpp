// screened_arg_max: from rounded products, the arg-max of the full ones.
#include "kernels/screened_arg_max.h"

#include <cmath>
#include <limits>

#include "kernels/gemm.h"
#include "tests/devices.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

using Matrix = std::vector<double>;

// What h and w hold once they are of the target's type.
std::vector<std::int32_t> want(const Matrix& h, const Matrix& w, const Matrix& bias, std::int64_t n,
                               std::int64_t V, std::int64_t H) {
  std::vector<std::int32_t> result;
  for (std::int64_t r = 0; r < n; ++r) {
    double best = -std::numeric_limits<double>::infinity();
    std::int32_t where = -1;
    for (std::int64_t c = 0; c < V; ++c) {
      double sum = 0;
      for (std::int64_t k = 0; k < H; ++k)
        sum += h[static_cast<std::size_t>(r * H + k)] * w[static_cast<std::size_t>(c * H + k)];
      sum += bias[static_cast<std::size_t>(c)];
      if (sum > best || (where < 0 && sum == best)) {
        best = sum;
        where = static_cast<std::int32_t>(c);
      }
    }
    result.push_back(std::max(where, 0));
  }
  return result;
}

std::vector<std::int32_t> got(const Target& target, const Tensor& h, const Tensor& w, const Tensor& bias) {
  const std::int64_t n = h.size(0), V = w.size(0), H = h.size(1);
  const Device device = target.device();
  const Tensor h16({n, H}, DType::bfloat16, device), w16({V, H}, DType::bfloat16, device),
      products({n, V}, DType::bfloat16, device), h_norm({n}, DType::float32, device),
      h_error = h_norm.clone(), w_norm({V}, DType::float32, device), w_error = w_norm.clone(),
      index({n}, DType::int32, device);
  kernels::round_rows(target.stream, h, h16, h_norm, h_error, n, H);
  kernels::round_rows(target.stream, w, w16, w_norm, w_error, V, H);
  kernels::gemm(target.stream, kernels::Op::none, kernels::Op::transpose, h16, w16, products);
  kernels::screened_arg_max(target.stream, h, w, bias, products, h_norm, h_error, w_norm, w_error, index, n,
                            V, H);
  target.stream.synchronize();
  return index.to_vector<std::int32_t>();
}

void check(const Target& target, const Matrix& h, const Matrix& w, const Matrix& bias, std::int64_t n,
           std::int64_t V, std::int64_t H) {
  INFO("n " << n << ", V " << V << ", H " << H);
  const Tensor h_ = make(target, h, {n, H}), w_ = make(target, w, {V, H}), bias_ = make(target, bias);
  CHECK(got(target, h_, w_, bias_) == want(numbers(h_), numbers(w_), numbers(bias_), n, V, H));
}

}  // namespace

TEST_CASE("screened_arg_max: is the arg-max of the full products") {
  on_every_target([](const Target& target) {
    for (const auto& [n, V, H] :
         {std::array<std::int64_t, 3>{1, 1, 1}, {3, 17, 7}, {20, 1004, 64}, {5, 300, 513}})
      for (const double size : {1.0, 1e-6, 1e6})
        check(target, draw(n * H, 1, size), draw(V * H, 2), draw(V, 3, size), n, V, H);
  });
}

// Words that are nearly equal: their rounded products say nothing about which is the largest.
TEST_CASE("screened_arg_max: tells apart what rounding makes equal") {
  on_every_target_of(DType::float32, [](const Target& target) {
    const std::int64_t n = 9, V = 40, H = 64;
    const Matrix word = draw(H, 1), noise = draw(V * H, 2, 1e-5);
    Matrix w;
    for (std::int64_t c = 0; c < V; ++c)
      for (std::int64_t k = 0; k < H; ++k)
        w.push_back(word[static_cast<std::size_t>(k)] + noise[static_cast<std::size_t>(c * H + k)]);
    check(target, draw(n * H, 3), w, Matrix(static_cast<std::size_t>(V), 0.0), n, V, H);
  });
}

TEST_CASE("screened_arg_max: rounding that errs the same way everywhere changes nothing") {
  on_every_target_of(DType::float32, [](const Target& target) {
    const std::int64_t H = 64;
    const double step = 1.0 / 128, little = 1.0 / 4096;  // of bfloat16 above 1
    Matrix w;
    for (std::int64_t k = 0; k < H; ++k) w.push_back(1 + step / 2 + little);  // all rounded up
    for (std::int64_t k = 0; k < H; ++k)                                      // all rounded down
      w.push_back(k < 48 ? 1 + 1.5 * step - little : 1 + 0.5 * step - little);
    const Matrix ones(static_cast<std::size_t>(H), 1.0);
    check(target, ones, w, {0, 0}, 1, 2, H);
    const Tensor h = make(target, ones, {1, H}), words = make(target, w, {2, H});
    CHECK(got(target, h, words, make(target, {0, 0})) == std::vector<std::int32_t>{1});
  });
}

TEST_CASE("screened_arg_max: equals, NaN and infinity") {
  on_every_target_of(DType::float32, [](const Target& target) {
    const double nan = std::numeric_limits<double>::quiet_NaN(),
                 infinity = std::numeric_limits<double>::infinity();
    const auto index = [&](const Matrix& h, const Matrix& w, const Matrix& bias) {
      const auto V = static_cast<std::int64_t>(bias.size());
      return got(target, make(target, h, {1, 2}), make(target, w, {V, 2}), make(target, bias))[0];
    };
    CHECK(index({1, 1}, {1, 2, 3, 4, 4, 3, 0, 0}, {0, 0, 0, 0}) == 1);    // the first of two equals
    CHECK(index({1, 1}, {1, 2, nan, 4, 4, 3, 0, 0}, {0, 0, 0, 0}) == 2);  // NaN is passed over
    CHECK(index({nan, 1}, {1, 2, 3, 4, 4, 3, 0, 0}, {0, 0, 0, 0}) == 0);  // nothing but NaN
    CHECK(index({1, 1}, {1, 2, 3, 4, 4, 3, 0, 0}, {0, nan, infinity, 9}) == 2);
    CHECK(index({infinity, 1}, {1, 2, 3, 4, -4, 3, 5, 0}, {0, 0, 0, 0}) == 0);  // all but one infinite
    CHECK(index({0, 0}, {1, 2, 3, 4}, {-infinity, -infinity}) == 0);
    CHECK(index({1e30, 1e30}, {1e8, 1, 2e8, 1, 3, 3, 4, 4}, {0, 0, 0, 0}) == 1);  // norms overflow
  });
}
