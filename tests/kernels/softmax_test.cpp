#include "kernels/softmax.h"

#include <limits>

#include "tests/devices.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

struct Extents {
  std::int64_t rows, cols;
};
constexpr Extents matrices[] = {{0, 5}, {1, 1}, {31, 33}, {597, 43}, {3, 1600}, {257, 257}, {1, 20001}};

const double infinity = std::numeric_limits<double>::infinity();
const double nan_value = std::numeric_limits<double>::quiet_NaN();

// exp(x[c] - shift) over its sum; the shift cancels. Rounding x[c] - shift by a relative error e changes the
// result by (x[c] - shift) e, hence the magnitude.
std::vector<double> softmax_of(const std::vector<double>& x, std::size_t cols,
                               std::vector<double>* magnitude = nullptr) {
  std::vector<double> y(x.size());
  for (std::size_t first = 0; first < x.size(); first += cols) {
    double shift = -infinity;
    double total = 0;
    for (std::size_t c = 0; c < cols; ++c) shift = std::max(shift, x[first + c]);
    for (std::size_t c = 0; c < cols; ++c) total += y[first + c] = std::exp(x[first + c] - shift);
    for (std::size_t c = 0; c < cols; ++c) y[first + c] /= total;
    for (std::size_t c = 0; c < cols && magnitude != nullptr; ++c)
      magnitude->push_back(y[first + c] * (shift - x[first + c]));
  }
  return y;
}

}  // namespace

TEST_CASE("softmax of rows, shifted far and in place") {
  on_every_target([](const Target& target) {
    for (const auto [rows, cols] : matrices)
      for (const double offset : {0.0, 1e4, -1e4}) {
        INFO(rows << " x " << cols << " shifted by " << offset);
        auto values = draw(rows * cols, 1, 4);
        for (auto& v : values) v += offset;
        const Tensor x = make(target, values, Shape{rows, cols});
        const Tensor y = make_zeros(target, Shape{rows, cols});
        kernels::softmax_forward(target.stream, x, y, rows, cols);
        std::vector<double> size;
        const auto want = softmax_of(numbers(x), static_cast<std::size_t>(cols), &size);
        check_close(target, y, want, size, sum_factor(cols));
        kernels::softmax_forward(target.stream, x, x, rows, cols);
        CHECK(same_bits(x, y));
      }
  });
}

TEST_CASE("the gradient of softmax, also in place") {
  on_every_target([](const Target& target) {
    for (const auto [rows, cols] : matrices) {
      INFO(rows << " x " << cols);
      const Tensor y =
          make(target, softmax_of(draw(rows * cols, 1), static_cast<std::size_t>(cols)), Shape{rows, cols});
      const Tensor dy = make_normal(target, Shape{rows, cols}, 2);
      const Tensor dx = make_zeros(target, Shape{rows, cols});
      const auto vy = numbers(y);
      const auto vd = numbers(dy);
      std::vector<double> want(vy.size());
      std::vector<double> size(vy.size());
      const auto width = static_cast<std::size_t>(cols);
      for (std::size_t first = 0; first < vy.size(); first += width) {
        double dot = 0;
        double dot_size = 0;
        for (std::size_t i = first; i < first + width; ++i) {
          dot += vd[i] * vy[i];
          dot_size += std::abs(vd[i] * vy[i]);
        }
        for (std::size_t i = first; i < first + width; ++i) {
          want[i] = vy[i] * (vd[i] - dot);
          size[i] = vy[i] * (std::abs(vd[i]) + dot_size);
        }
      }
      kernels::softmax_backward(target.stream, y, dy, dx, rows, cols);
      check_close(target, dx, want, size, sum_factor(cols));
      kernels::softmax_backward(target.stream, y, dy, dy, rows, cols);
      CHECK(same_bits(dx, dy));
    }
  });
}

TEST_CASE("softmax of infinities and NaN is what it is in PyTorch") {
  on_every_target([](const Target& target) {
    const Tensor x = make(target,
                          {1, -infinity, 1,                  //
                           1, infinity, 2,                   //
                           1, nan_value, 2,                  //
                           -infinity, -infinity, -infinity,  //
                           -infinity, 3, -infinity,          //
                           3e38, -3e38, 3e38},
                          Shape{6, 3});
    kernels::softmax_forward(target.stream, x, x, 6, 3);
    const double n = nan_value;
    check_close(target, x, {0.5, 0, 0.5, n, n, n, n, n, n, n, n, n, 0, 1, 0, 0.5, 0, 0.5});
  });
}

namespace {

struct Loss {
  std::vector<double> values, value_size, gradient, gradient_size;
};

Loss loss_of(const std::vector<double>& x, const std::vector<std::int32_t>& target, std::int32_t ignore,
             double smoothing, double scale, std::size_t cols) {
  Loss loss;
  loss.gradient = softmax_of(x, cols, &loss.gradient_size);
  for (std::size_t r = 0; r < target.size(); ++r) {
    double shift = -infinity;
    double total = 0;
    for (std::size_t c = 0; c < cols; ++c) shift = std::max(shift, x[r * cols + c]);
    for (std::size_t c = 0; c < cols; ++c) total += std::exp(x[r * cols + c] - shift);
    const bool kept = target[r] != ignore;
    const bool valid = target[r] >= 0 && target[r] < static_cast<std::int32_t>(cols);
    double wanted = kept && valid ? (1 - smoothing) * x[r * cols + static_cast<std::size_t>(target[r])] : 0;
    double wanted_size = std::abs(wanted);
    const double share = smoothing / static_cast<double>(cols);
    for (std::size_t c = 0; c < cols && kept && valid; ++c) {
      wanted += share * x[r * cols + c];
      wanted_size += share * std::abs(x[r * cols + c]);
    }
    loss.values.push_back(!kept ? 0 : valid ? std::log(total) + shift - wanted : nan_value);
    loss.value_size.push_back(std::abs(shift) + wanted_size + std::log(total));
    for (std::size_t c = 0; c < cols; ++c) {
      double& g = loss.gradient[r * cols + c];
      const bool here = static_cast<std::int32_t>(c) == target[r];
      g = kept ? scale * (g - share - (here ? 1 - smoothing : 0)) : 0;
      loss.gradient_size[r * cols + c] = scale * (here ? 1 : share + loss.gradient_size[r * cols + c]);
    }
  }
  return loss;
}

}  // namespace

TEST_CASE("cross-entropy and its gradient: ignored rows, targets out of range, far shifts, in place") {
  on_every_target([](const Target& target) {
    for (const auto [rows, cols] : matrices)
      for (const double offset : {0.0, 1e4, -1e4}) {
        INFO(rows << " x " << cols << " shifted by " << offset);
        auto values = draw(rows * cols, 1, 4);
        for (auto& v : values) v += offset;
        const Tensor x = make(target, values, Shape{rows, cols});
        Random random(2);
        std::vector<std::int32_t> wanted(static_cast<std::size_t>(rows));
        for (auto& w : wanted) w = static_cast<std::int32_t>(random.below(cols));
        if (rows >= 31) {
          wanted[3] = -1;
          wanted[5] = static_cast<std::int32_t>(cols);
          wanted[30] = 0;
        }
        const std::int32_t ignore = 0;
        const double scale = 1.0 / 32;
        const Loss want = loss_of(numbers(x), wanted, ignore, 0, scale, static_cast<std::size_t>(cols));
        const Tensor index = make_indices(target, wanted);
        const Tensor losses = make_normal(in_arithmetic(target), Shape{rows}, 3);
        const Tensor dx = make_normal(target, Shape{rows, cols}, 4);

        kernels::cross_entropy_forward(target.stream, x, index, losses, ignore, rows, cols);
        check_close(target, losses, want.values, want.value_size, sum_factor(cols));
        const Tensor again = make_normal(in_arithmetic(target), Shape{rows}, 5);
        kernels::cross_entropy_gradient(target.stream, x, index, Tensor(), again, dx, ignore, 0.0, scale,
                                        rows, cols);
        CHECK(same_bits(losses, again));
        check_close(target, dx, want.gradient, want.gradient_size, sum_factor(cols));
        const double smoothing = 0.1;
        const Loss smooth =
            loss_of(numbers(x), wanted, ignore, smoothing, scale, static_cast<std::size_t>(cols));
        const Tensor smooth_dx = make_normal(target, Shape{rows, cols}, 6);
        kernels::cross_entropy_gradient(target.stream, x, index, Tensor(), again, smooth_dx, ignore,
                                        smoothing, scale, rows, cols);
        check_close(target, again, smooth.values, smooth.value_size, sum_factor(cols));
        check_close(target, smooth_dx, smooth.gradient, smooth.gradient_size, sum_factor(cols));

        const Tensor smooth_x = x.clone();
        kernels::cross_entropy_gradient(target.stream, smooth_x, index, Tensor(), again, smooth_x, ignore,
                                        smoothing, scale, rows, cols);
        CHECK(same_bits(smooth_x, smooth_dx));
        kernels::cross_entropy_gradient(target.stream, x, index, Tensor(), again, x, ignore, 0.0, scale, rows,
                                        cols);
        CHECK(same_bits(losses, again));
        CHECK(same_bits(x, dx));
      }
  });
}

TEST_CASE("cross-entropy: a row's weight multiplies its loss and its gradient") {
  on_every_target([](const Target& target) {
    constexpr std::int64_t rows = 5, cols = 33;
    const std::vector<double> weights{1, -0.5, 0, 2, 4};
    const Tensor x = make_normal(target, Shape{rows, cols}, 1);
    const Tensor index = make_indices(target, {3, 32, 7, 0, 1});  // row 3 is ignored
    const auto gradient_with = [&](const Tensor& weight, const Tensor& losses) {
      const Tensor dx = make_normal(target, Shape{rows, cols}, 2);
      kernels::cross_entropy_gradient(target.stream, x, index, weight, losses, dx, 0, 0.0, 0.25, rows, cols);
      return dx;
    };
    const Tensor plain_losses = make_normal(in_arithmetic(target), Shape{rows}, 3),
                 losses = plain_losses.clone();
    const std::vector<double> plain = numbers(gradient_with({}, plain_losses));
    const std::vector<double> got = numbers(gradient_with(make(in_arithmetic(target), weights), losses));
    for (std::size_t r = 0; r < rows; ++r) {
      CHECK(numbers(losses)[r] == weights[r] * numbers(plain_losses)[r]);  // powers of 2: exactly
      for (std::size_t c = 0; c < cols; ++c) CHECK(got[r * cols + c] == weights[r] * plain[r * cols + c]);
    }
  });
}

TEST_CASE("an ignore_index outside of the vocabulary ignores rows too") {
  on_every_target([](const Target& target) {
    const Tensor x = make(target, {1, 2, nan_value, 4}, Shape{2, 2});
    const Tensor losses = make(in_arithmetic(target), {9, 9});
    kernels::cross_entropy_gradient(target.stream, x, make_indices(target, {1, -100}), Tensor(), losses, x,
                                    -100, 0.0, 1.0, 2, 2);
    const double p = 1 / (1 + std::exp(1.0));
    check_close(target, losses, {std::log1p(std::exp(-1.0)), 0}, 2);
    check_close(target, x, {p, -p, 0, 0}, 1);
  });
}

TEST_CASE("losses are added in double") {
  on_every_target([](const Target& target) {
    for (const std::int64_t n : {0, 1, 31, 33, 257, 20001}) {
      INFO("n = " << n);
      const Tensor losses = make_normal(target, Shape{n}, 1);
      const Tensor total = make(target, {100});
      double sum = 0;
      double size = 0;
      for (const double v : numbers(losses)) {
        sum += 0.25 * v;
        size += std::abs(0.25 * v);
      }
      // Only what is stored is rounded to the type: the sum itself needs no magnitude, except in double.
      const double inner = size * tolerance_of(DType::float64) / target.tolerance * sum_factor(n);
      kernels::sum_losses(target.stream, losses, total, 0.25, true, n);
      check_close(target, total, {100 + sum}, inner);
      kernels::sum_losses(target.stream, losses, total, 0.25, false, n);
      check_close(target, total, {sum}, inner);
    }
  });
}
