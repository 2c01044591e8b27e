#include "kernels/gemm.h"

#include <limits>

#include "core/cpu.h"
#include "core/error.h"
#include "kernels/gemm_plain.h"
#include "tests/devices.h"

using namespace dlcore;
using namespace dlcore::test;
using kernels::Op;

namespace {

struct Product {
  std::int64_t m, n, k;
};
constexpr Product products[] = {{0, 5, 3},   {5, 0, 3},     {5, 3, 0},      {1, 1, 1},    {1, 33, 31},
                                {31, 1, 33}, {33, 31, 257}, {597, 43, 100}, {7, 1600, 3}, {64, 64, 1600}};
constexpr Op both[] = {Op::none, Op::transpose};

Shape stored(Op op, std::int64_t rows, std::int64_t cols) {
  return op == Op::none ? Shape{rows, cols} : Shape{cols, rows};
}

std::vector<double> sizes_of(const std::vector<double>& values) {
  std::vector<double> sizes(values);
  for (auto& v : sizes) v = std::abs(v);
  return sizes;
}

// The oracle: gemm_plain in double on the CPU, or the same of the sizes of all terms.
std::vector<double> plain(Op op_a, Op op_b, const Product& e, const std::vector<double>& a,
                          const std::vector<double>& b, const std::vector<double>& c,
                          const std::vector<double>& bias, double beta) {
  const auto flat = [](const std::vector<double>& v) {
    return Tensor::from(v, Shape{static_cast<std::int64_t>(v.size())});
  };
  const Tensor into = flat(c);
  kernels::gemm_plain(Stream(CpuTarget::plain), op_a == Op::transpose, op_b == Op::transpose, flat(a),
                      flat(b), into, bias.empty() ? Tensor{} : flat(bias), beta, e.m, e.n, e.k);
  return numbers(into);
}

}  // namespace

TEST_CASE("gemm_plain is the sum of products") {
  // (1 2 3; 4 5 6) (1 2; 3 4; 5 6) + 10 (1 1; 1 1) + (100 200)
  const std::vector<double> a{1, 2, 3, 4, 5, 6}, at{1, 4, 2, 5, 3, 6};
  const std::vector<double> b{1, 2, 3, 4, 5, 6}, bt{1, 3, 5, 2, 4, 6};
  const std::vector<double> c{10, 10, 10, 10}, bias{100, 200};
  const Product e{2, 2, 3};
  CHECK(plain(Op::none, Op::none, e, a, b, c, {}, 0) == std::vector<double>{22, 28, 49, 64});
  CHECK(plain(Op::none, Op::none, e, a, b, c, bias, 1) == std::vector<double>{132, 238, 159, 274});
  CHECK(plain(Op::transpose, Op::none, e, at, b, c, {}, 0) == std::vector<double>{22, 28, 49, 64});
  CHECK(plain(Op::none, Op::transpose, e, a, bt, c, {}, 0) == std::vector<double>{22, 28, 49, 64});
  CHECK(plain(Op::transpose, Op::transpose, e, at, bt, c, bias, 0) ==
        std::vector<double>{122, 228, 149, 264});
}

TEST_CASE("gemm in all transpositions, with and without beta and bias") {
  on_every_target([](const Target& target) {
    for (const Product& e : products)
      for (const Op op_a : both)
        for (const Op op_b : both)
          for (const double beta : {0.0, 1.0})
            for (const bool with_bias : {false, true}) {
              INFO("m = " << e.m << ", n = " << e.n << ", k = " << e.k << ", transposed "
                          << (op_a == Op::transpose) << (op_b == Op::transpose) << ", beta = " << beta
                          << ", bias " << with_bias);
              const Tensor a = make_normal(target, stored(op_a, e.m, e.k), 1);
              const Tensor b = make_normal(target, stored(op_b, e.k, e.n), 2);
              const Tensor bias = with_bias ? make_normal(target, Shape{e.n}, 3) : Tensor{};
              // With beta = 0 nothing that c held may show.
              const Tensor c =
                  beta == 0
                      ? make(target, std::vector<double>(static_cast<std::size_t>(e.m * e.n), std::nan("")),
                             Shape{e.m, e.n})
                      : make_normal(target, Shape{e.m, e.n}, 4);
              const auto vc = numbers(c);
              const auto vb = with_bias ? numbers(bias) : std::vector<double>{};
              const auto want = plain(op_a, op_b, e, numbers(a), numbers(b), vc, vb, beta);
              const auto size = plain(op_a, op_b, e, sizes_of(numbers(a)), sizes_of(numbers(b)), sizes_of(vc),
                                      sizes_of(vb), beta);
              kernels::gemm(target.stream, op_a, op_b, a, b, c, beta, bias);
              check_close(target, c, want, size, sum_factor(e.k));
            }
  });
}

TEST_CASE("gemm_plain of every target agrees with the one in double") {
  on_every_target([](const Target& target) {
    const Product e{33, 31, 257};
    const Tensor a = make_normal(target, Shape{e.m, e.k}, 1);
    const Tensor b = make_normal(target, Shape{e.k, e.n}, 2);
    const Tensor c = make_zeros(target, Shape{e.m, e.n});
    kernels::gemm_plain(target.stream, false, false, a, b, c, Tensor{}, 0.0, e.m, e.n, e.k);
    const auto zeros = std::vector<double>(static_cast<std::size_t>(e.m * e.n));
    check_close(target, c, plain(Op::none, Op::none, e, numbers(a), numbers(b), zeros, {}, 0),
                plain(Op::none, Op::none, e, sizes_of(numbers(a)), sizes_of(numbers(b)), zeros, {}, 0),
                sum_factor(e.k));
  });
}

TEST_CASE("gemm sees a tensor of three dimensions as a matrix") {
  on_every_target_of(DType::float32, [](const Target& target) {
    const Tensor a = make_normal(target, Shape{3, 5, 7}, 1);
    const Tensor b = make_normal(target, Shape{7, 2}, 2);
    const Tensor c = make_zeros(target, Shape{3, 5, 2});
    const Tensor flat = make_zeros(target, Shape{15, 2});
    kernels::gemm(target.stream, Op::none, Op::none, a, b, c);
    kernels::gemm(target.stream, Op::none, Op::none, a.view(Shape{15, 7}), b, flat);
    CHECK(same_bits(c, flat));
  });
}

TEST_CASE("gemm may change its number of threads between calls") {
  const int before = cpu_threads();
  on_every_target([](const Target& target) {
    if (!target.device().is_cpu()) return;
    const Product e{257, 257, 129};
    const Tensor a = make_normal(target, Shape{e.m, e.k}, 1);
    const Tensor b = make_normal(target, Shape{e.k, e.n}, 2);
    const Tensor c = make_zeros(target, Shape{e.m, e.n});
    const auto zeros = std::vector<double>(static_cast<std::size_t>(e.m * e.n));
    const auto want = plain(Op::none, Op::none, e, numbers(a), numbers(b), zeros, {}, 0);
    const auto size = plain(Op::none, Op::none, e, sizes_of(numbers(a)), sizes_of(numbers(b)), zeros, {}, 0);
    for (const int threads : {1, 4, 2, 1, 3}) {
      set_cpu_threads(threads);
      kernels::gemm(target.stream, Op::none, Op::none, a, b, c);
      check_close(target, c, want, size, sum_factor(e.k));
    }
  });
  set_cpu_threads(before);
}

TEST_CASE("gemm names the shapes, types and devices that do not fit") {
  const Stream stream;
  const auto zeros = [](Shape shape, DType type = DType::float32) { return Tensor::zeros(shape, type); };
  const Tensor a = zeros(Shape{4, 3});
  const Tensor b = zeros(Shape{3, 5});
  const Tensor c = zeros(Shape{4, 5});
  const auto message = [&](Op op_a, Op op_b, const Tensor& x, const Tensor& y, const Tensor& z,
                           double beta = 0, const Tensor& bias = {}) {
    return error_of([&] { kernels::gemm(stream, op_a, op_b, x, y, z, beta, bias); });
  };
  CHECK(message(Op::none, Op::none, a, b, c) == "no error");
  CHECK(message(Op::none, Op::transpose, a, b, c) == "gemm: [4, 3] times [3, 5]^T does not give [4, 5]");
  CHECK(message(Op::transpose, Op::none, a, b, c) == "gemm: [4, 3]^T times [3, 5] does not give [4, 5]");
  CHECK(contains(message(Op::none, Op::none, a, b, zeros(Shape{5, 4})), "does not give [5, 4]"));
  CHECK(message(Op::none, Op::none, a, b, c, 0, zeros(Shape{4})) ==
        "gemm: a bias of shape [4] does not fit 5 columns");
  CHECK(message(Op::none, Op::none, a, b, c, 0.5) == "gemm: beta must be 0 or 1, not 0.5");
  CHECK(message(Op::none, Op::none, a, zeros(Shape{3, 5}, DType::float64), c) ==
        "gemm: expected float32 on cpu, not float64 [3, 5] on cpu");
  CHECK(message(Op::none, Op::none, a, b, c, 0, zeros(Shape{5}, DType::bfloat16)) ==
        "gemm: expected float32 on cpu, not bfloat16 [5] on cpu");
  CHECK(contains(message(Op::none, Op::none, Tensor{}, b, c), "undefined tensor"));
  const Tensor one = zeros(Shape{1, 1});
  CHECK(contains(message(Op::none, Op::none, one, Tensor{}, one), "undefined tensor"));
  CHECK(contains(message(Op::none, Op::none, one, one, Tensor{}), "undefined tensor"));
  const Tensor whole = zeros(Shape{1, 1}, DType::int32);
  CHECK(contains(message(Op::none, Op::none, whole, whole, whole), "int32"));
}
