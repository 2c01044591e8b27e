#include "kernels/elementwise.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "tests/devices.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

constexpr std::int64_t sizes[] = {0, 1, 31, 33, 257, 1600, 597 * 43};

struct Extents {
  std::int64_t rows, cols;
};
constexpr Extents matrices[] = {{0, 5}, {5, 0}, {1, 1}, {1, 20001}, {3, 7001}, {31, 33}, {597, 43}, {257, 1}};

}  // namespace

TEST_CASE("fill, add, multiply and axpy") {
  on_every_target([](const Target& target) {
    for (const auto n : sizes) {
      INFO("n = " << n);
      const Tensor a = make_normal(target, Shape{n}, 1);
      const Tensor b = make_normal(target, Shape{n}, 2);
      const Tensor y = make_normal(target, Shape{n}, 3);
      const auto va = numbers(a);
      const auto vb = numbers(b);

      std::vector<double> want(va.size());
      std::vector<double> size(va.size());
      for (std::size_t i = 0; i < va.size(); ++i) {
        want[i] = va[i] + vb[i];
        size[i] = std::abs(va[i]) + std::abs(vb[i]);
      }
      kernels::add(target.stream, a, b, y, n);
      check_close(target, y, want, size);

      const Tensor product = a.clone();
      kernels::multiply(target.stream, product, b, product, n);
      std::vector<double> products(va.size());
      for (std::size_t i = 0; i < va.size(); ++i) products[i] = va[i] * vb[i];
      check_close(target, product, products);

      for (std::size_t i = 0; i < va.size(); ++i) want[i] = vb[i] - 0.75 * va[i];
      const Tensor into = b.clone();
      kernels::axpy(target.stream, -0.75, a, into, n);
      check_close(target, into, want, size);

      kernels::add(target.stream, a, b, a, n);
      CHECK(same_bits(a, y));

      kernels::fill(target.stream, y, 0.1, n);
      check_close(target, y, std::vector<double>(va.size(), 0.1));
    }
  });
}

TEST_CASE("clip_values, approach and exchange") {
  on_every_target([](const Target& target) {
    for (const auto n : sizes) {
      INFO("n = " << n);
      const Tensor x = make_normal(target, Shape{n}, 1);
      const Tensor y = make_normal(target, Shape{n}, 2);
      const auto vx = numbers(x);
      const auto vy = numbers(y);
      std::vector<double> want(vx.size()), size(vx.size());
      for (std::size_t i = 0; i < vx.size(); ++i) want[i] = std::clamp(vx[i], -0.5, 0.5);
      const Tensor clipped = x.clone();
      kernels::clip_values(target.stream, clipped, 0.5, n);
      check_close(target, clipped, want);

      for (std::size_t i = 0; i < vx.size(); ++i) {
        want[i] = vy[i] + 0.125 * (vx[i] - vy[i]);
        size[i] = std::abs(vx[i]) + std::abs(vy[i]);
      }
      const Tensor near = y.clone();
      kernels::approach(target.stream, 0.125, x, near, n);
      check_close(target, near, want, size);

      const Tensor a = x.clone(), b = y.clone();
      kernels::exchange(target.stream, a, b, n);
      CHECK(same_bits(a, y));
      CHECK(same_bits(b, x));
    }
    const double nan_value = std::nan("");
    const double infinity = std::numeric_limits<double>::infinity();
    const Tensor odd = make(target, {nan_value, infinity, -infinity, 0.25});
    kernels::clip_values(target.stream, odd, 0.5, 4);
    check_close(target, odd, {nan_value, 0.5, -0.5, 0.25});
  });
}

TEST_CASE("scale_by takes its factor from the device") {
  on_every_target([](const Target& target) {
    for (const auto n : sizes) {
      const Tensor factor = make(in_arithmetic(target), {-1.5});
      const Tensor x = make_normal(target, Shape{n}, 1);
      const Tensor y = make_normal(target, Shape{n}, 2);
      const auto vx = numbers(x);
      const auto vy = numbers(y);
      std::vector<double> want(vx.size());
      std::vector<double> size(vx.size());
      for (std::size_t i = 0; i < vx.size(); ++i) {
        want[i] = vy[i] - 1.5 * vx[i];
        size[i] = std::abs(vy[i]) + std::abs(1.5 * vx[i]);
      }
      kernels::scale_by(target.stream, x, factor, y, true, n);
      check_close(target, y, want, size);
      for (std::size_t i = 0; i < vx.size(); ++i) want[i] = -1.5 * vx[i];
      kernels::scale_by(target.stream, x, factor, x, false, n);
      check_close(target, x, want);
    }
  });
}

TEST_CASE("add_bias adds a vector to every row, also in place") {
  on_every_target([](const Target& target) {
    for (const auto [rows, cols] : matrices) {
      INFO(rows << " x " << cols);
      const Tensor x = make_normal(target, Shape{rows, cols}, 1);
      const Tensor bias = make_normal(target, Shape{cols}, 2);
      const Tensor y = make_zeros(target, Shape{rows, cols});
      const auto vx = numbers(x);
      const auto vb = numbers(bias);
      std::vector<double> want(vx.size());
      std::vector<double> size(vx.size());
      for (std::size_t i = 0; i < vx.size(); ++i) {
        const double b = vb[i % vb.size()];
        want[i] = vx[i] + b;
        size[i] = std::abs(vx[i]) + std::abs(b);
      }
      kernels::add_bias(target.stream, x, bias, y, rows, cols);
      check_close(target, y, want, size);
      kernels::add_bias(target.stream, x, bias, x, rows, cols);
      CHECK(same_bits(x, y));
    }
  });
}

TEST_CASE("epilogue adds a bias and a residual and cuts at zero, each where wanted") {
  on_every_target([](const Target& target) {
    for (const auto [rows, cols] : matrices)
      for (int wanted = 0; wanted < 8; ++wanted) {
        INFO(rows << " x " << cols << ", wanted " << wanted);
        const bool relu = (wanted & 4) != 0;
        const Tensor y = make_normal(target, Shape{rows, cols}, 1);
        const Tensor bias = (wanted & 1) != 0 ? make_normal(target, Shape{cols}, 2) : Tensor();
        const Tensor residual = (wanted & 2) != 0 ? make_normal(target, Shape{rows, cols}, 3) : Tensor();
        std::vector<double> want = numbers(y);
        std::vector<double> size(want.size());
        const auto vb = bias.defined() ? numbers(bias) : std::vector<double>(static_cast<std::size_t>(cols));
        const auto vr = residual.defined() ? numbers(residual) : std::vector<double>(want.size());
        for (std::size_t i = 0; i < want.size(); ++i) {
          const double b = vb[i % vb.size()];
          size[i] = std::abs(want[i]) + std::abs(b) + std::abs(vr[i]);
          want[i] += b + vr[i];
          if (relu) want[i] = std::max(want[i], 0.0);
        }
        kernels::epilogue(target.stream, bias, residual, relu, y, rows, cols);
        check_close(target, y, want, size);
      }
  });
}

TEST_CASE("epilogue keeps NaN") {
  on_every_target([](const Target& target) {
    const Tensor y = make(target, {NAN, -1, 1, NAN}, {2, 2});
    const Tensor bias = make(target, {0, 0.5});
    kernels::epilogue(target.stream, bias, Tensor(), true, y, std::int64_t{2}, std::int64_t{2});
    check_close(target, y, {NAN, 0, 1, NAN});
    kernels::epilogue(target.stream, Tensor(), Tensor(), true, y, std::int64_t{2}, std::int64_t{2});
    check_close(target, y, {NAN, 0, 1, NAN});
  });
}

TEST_CASE("standardize and its gradient, with one and with several elements per channel") {
  struct Case {
    std::int64_t rows, channels, spatial;
  };
  on_every_target([](const Target& target) {
    for (const auto [rows, channels, spatial] :
         {Case{0, 3, 4}, Case{1, 1, 1}, Case{31, 33, 1}, Case{2, 20001, 1}, Case{7, 3, 257}, Case{5, 31, 16},
          Case{1, 1, 40000}}) {
      INFO(rows << " x " << channels << " x " << spatial);
      const Shape shape{rows, channels * spatial};
      const Tensor x = make_normal(target, shape, 1);
      const Tensor mean = make_normal(in_arithmetic(target), Shape{channels}, 2);
      const Tensor inverse = make_normal(in_arithmetic(target), Shape{channels}, 3);
      const Tensor y = make_zeros(target, shape);
      const auto vx = numbers(x);
      const auto vm = numbers(mean);
      const auto vi = numbers(inverse);
      std::vector<double> forward(vx.size());
      std::vector<double> backward(vx.size());
      std::vector<double> size(vx.size());
      for (std::size_t i = 0; i < vx.size(); ++i) {
        const std::size_t c =
            i % static_cast<std::size_t>(channels * spatial) / static_cast<std::size_t>(spatial);
        forward[i] = (vx[i] - vm[c]) * vi[c];
        backward[i] = vx[i] * vi[c];
        size[i] = (std::abs(vx[i]) + std::abs(vm[c])) * std::abs(vi[c]);
      }
      kernels::standardize(target.stream, x, mean, inverse, y, rows, channels, spatial);
      check_close(target, y, forward, size);
      kernels::standardize_backward(target.stream, x, inverse, y, rows, channels, spatial);
      check_close(target, y, backward);
    }
  });
}
