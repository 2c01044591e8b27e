#include "kernels/batch_norm.h"

#include "tests/devices.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

struct Extents {
  std::int64_t rows, cols;
};
constexpr Extents matrices[] = {{2, 1}, {31, 33}, {597, 43}, {3, 2051}, {4099, 3}, {20001, 32}, {2048, 257}};
constexpr double eps = 1e-5;

struct Oracle {
  std::vector<double> mean, variance, size;  // size: the largest |x|
};

Oracle statistics(const std::vector<double>& x, Extents e) {
  const auto rows = static_cast<std::size_t>(e.rows);
  const auto cols = static_cast<std::size_t>(e.cols);
  Oracle o{std::vector<double>(cols), std::vector<double>(cols), std::vector<double>(cols)};
  for (std::size_t i = 0; i < x.size(); ++i) {
    o.mean[i % cols] += x[i] / static_cast<double>(rows);
    o.size[i % cols] = std::max(o.size[i % cols], std::abs(x[i]));
  }
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double d = x[i] - o.mean[i % cols];
    o.variance[i % cols] += d * d / static_cast<double>(rows);
  }
  return o;
}

// Columns of very different means and deviations.
Tensor draw_rows(const Target& target, Extents e, double mean) {
  std::vector<double> values = draw(e.rows * e.cols, 1);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto c = static_cast<double>(i % static_cast<std::size_t>(e.cols) % 7);
    values[i] = values[i] * (1 + c) + mean * (c - 3);
  }
  return make(target, values, {e.rows, e.cols});
}

double relative(const Target& target, Extents e) {
  return sum_factor(e.rows) * 2 * (target.type == DType::bfloat16 ? 2 : 1);
}

}  // namespace

TEST_CASE("batch_norm_statistics: mean, deviation and the running ones") {
  on_every_target([](const Target& target) {
    for (const Extents e : matrices)
      for (const double mean : {0.0, 30.0}) {
        INFO(e.rows << " x " << e.cols << " around " << mean);
        const Tensor x = draw_rows(target, e, mean);
        const Oracle want = statistics(numbers(x), e);
        const Tensor m = make_zeros(in_arithmetic(target), {e.cols});
        const Tensor inverse = make_zeros(in_arithmetic(target), {e.cols});
        const Tensor running_mean = make_normal(in_arithmetic(target), {e.cols}, 2);
        const Tensor running_variance = make_normal(in_arithmetic(target), {e.cols}, 3);
        const auto mean_before = numbers(running_mean);
        const auto variance_before = numbers(running_variance);
        kernels::batch_norm_statistics(target.stream, x, m, inverse, running_mean, running_variance, eps, 0.1,
                                       e.rows, e.cols);
        check_close(target, m, want.mean, want.size, sum_factor(e.rows));
        std::vector<double> inverses, means, variances;
        const auto n = static_cast<double>(e.rows);
        for (std::size_t c = 0; c < want.mean.size(); ++c) {
          inverses.push_back(1 / std::sqrt(want.variance[c] + eps));
          means.push_back(0.9 * mean_before[c] + 0.1 * want.mean[c]);
          variances.push_back(0.9 * variance_before[c] + 0.1 * want.variance[c] * n / (n - 1));
        }
        // The first row is at most a few deviations off the mean, and so costs few digits.
        check_close(target, inverse, inverses, 0, 8 * relative(target, e));
        check_close(target, running_mean, means, want.size, sum_factor(e.rows));
        check_close(target, running_variance, variances, 0.9, 8 * relative(target, e));
      }
  });
}

TEST_CASE("batch_norm_from_running") {
  on_every_target([](const Target& target) {
    const Tensor mean = make(in_arithmetic(target), {1, -2});
    const Tensor variance = make(in_arithmetic(target), {4, 0});
    const Tensor m = make_zeros(in_arithmetic(target), {2});
    const Tensor inverse = make_zeros(in_arithmetic(target), {2});
    kernels::batch_norm_from_running(target.stream, mean, variance, m, inverse, 0.25, 2);
    check_close(target, m, {1, -2});
    check_close(target, inverse, {1 / std::sqrt(4.25), 2});
  });
}

TEST_CASE("batch_norm_forward with and without scale, residual and ReLU") {
  on_every_target([](const Target& target) {
    for (const Extents e : matrices)
      for (int variant = 0; variant < 8; ++variant) {
        const bool affine = variant & 1;
        const bool with_residual = variant & 2;
        const bool relu = variant & 4;
        INFO(e.rows << " x " << e.cols << ", affine " << affine << ", residual " << with_residual << ", relu "
                    << relu);
        const Shape shape{e.rows, e.cols};
        const Tensor x = make_normal(target, shape, 1);
        const Tensor mean = make_normal(in_arithmetic(target), {e.cols}, 2);
        const Tensor inverse = make_normal(in_arithmetic(target), {e.cols}, 3);
        const Tensor scale = affine ? make_normal(target, {e.cols}, 4) : Tensor();
        const Tensor shift = affine ? make_normal(target, {e.cols}, 5) : Tensor();
        const Tensor residual = with_residual ? make_normal(target, shape, 6) : Tensor();
        const Tensor y = make_zeros(target, shape);
        kernels::batch_norm_forward(target.stream, x, mean, inverse, scale, shift, residual, relu, y, e.rows,
                                    e.cols);
        const auto vx = numbers(x), vm = numbers(mean), vi = numbers(inverse);
        const auto vs = affine ? numbers(scale) : std::vector<double>();
        const auto vt = affine ? numbers(shift) : std::vector<double>();
        const auto vr = with_residual ? numbers(residual) : std::vector<double>();
        std::vector<double> want, size;
        for (std::size_t i = 0; i < vx.size(); ++i) {
          const std::size_t c = i % vm.size();
          const double s = affine ? vs[c] : 1;
          const double t = affine ? vt[c] : 0;
          const double r = with_residual ? vr[i] : 0;
          const double value = (vx[i] - vm[c]) * vi[c] * s + t + r;
          want.push_back(relu && value < 0 ? 0 : value);
          size.push_back((std::abs(vx[i]) + std::abs(vm[c])) * std::abs(vi[c] * s) + std::abs(t) +
                         std::abs(r));
        }
        check_close(target, y, want, size);
      }
  });
}

TEST_CASE("batch_norm_forward lets NaN through its ReLU") {
  on_every_target([](const Target& target) {
    const Tensor x = make(target, {std::nan(""), -1, 2}, Shape{3, 1});
    const Tensor mean = make_zeros(in_arithmetic(target), {1}), inverse = make(in_arithmetic(target), {1});
    const Tensor scale = make(target, {1}), shift = make_zeros(target, {1});
    kernels::batch_norm_forward(target.stream, x, mean, inverse, scale, shift, Tensor(), true, x, 3, 1);
    check_close(target, x, {std::nan(""), 0, 2});
  });
}

TEST_CASE("batch_norm_backward and its sums follow their formulas") {
  on_every_target([](const Target& target) {
    for (const Extents e : matrices)
      for (int variant = 0; variant < 8; ++variant) {
        const bool affine = variant & 1;
        const bool batch = variant & 2;
        const bool relu = variant & 4;
        INFO(e.rows << " x " << e.cols << ", affine " << affine << ", batch " << batch << ", relu " << relu);
        const Shape shape{e.rows, e.cols};
        const Tensor x = make_normal(target, shape, 1), y = make_normal(target, shape, 2);
        const Tensor dy = make_normal(target, shape, 3),
                     mean = make_normal(in_arithmetic(target), {e.cols}, 4);
        const Tensor inverse = make_normal(in_arithmetic(target), {e.cols}, 5);
        const Tensor scale = affine ? make_normal(target, {e.cols}, 6) : Tensor();
        const Tensor shift = affine ? make_normal(target, {e.cols}, 9) : Tensor();
        const Tensor dscale = affine ? make_normal(target, {e.cols}, 7) : Tensor();
        const Tensor dshift = affine ? make_normal(target, {e.cols}, 8) : Tensor();
        const Tensor sum_g = make_zeros(in_arithmetic(target), {e.cols}), sum_gx = sum_g.clone();
        const auto vx = numbers(x), vy = numbers(y), vdy = numbers(dy), vm = numbers(mean),
                   vi = numbers(inverse);
        const auto vs = affine ? numbers(scale) : std::vector<double>(vm.size(), 1.0);
        auto want_scale = affine ? numbers(dscale) : std::vector<double>(vm.size());
        auto want_shift = affine ? numbers(dshift) : std::vector<double>(vm.size());
        std::vector<double> g, g_sums(vm.size()), gx_sums(vm.size()), g_size(vm.size()), gx_size(vm.size());
        for (std::size_t i = 0; i < vx.size(); ++i) {
          const std::size_t c = i % vm.size();
          g.push_back(relu && vy[i] <= 0 ? 0 : vdy[i]);
          const double term = g[i] * (vx[i] - vm[c]) * vi[c];
          g_sums[c] += g[i];
          gx_sums[c] += term;
          g_size[c] += std::abs(g[i]);
          gx_size[c] += std::abs(g[i]) * (std::abs(vx[i]) + std::abs(vm[c])) * std::abs(vi[c]);
        }
        for (std::size_t c = 0; c < vm.size(); ++c) {
          want_shift[c] += g_sums[c];
          want_scale[c] += gx_sums[c];
        }
        kernels::batch_norm_backward_sums(target.stream, x, mean, inverse, scale, shift, relu ? y : Tensor(),
                                          dy, relu, sum_g, sum_gx, dscale, dshift, e.rows, e.cols);
        check_close(target, sum_g, g_sums, g_size, sum_factor(e.rows));
        check_close(target, sum_gx, gx_sums, gx_size, sum_factor(e.rows));
        if (affine) {
          check_close(target, dshift, want_shift, g_size, sum_factor(e.rows));
          check_close(target, dscale, want_scale, gx_size, sum_factor(e.rows));
        }
        std::vector<double> want, size;
        const auto used_g = numbers(sum_g), used_gx = numbers(sum_gx);
        for (std::size_t i = 0; i < vx.size(); ++i) {
          const std::size_t c = i % vm.size();
          const double n = static_cast<double>(e.rows);
          const double xhat = (vx[i] - vm[c]) * vi[c];
          const double centre = batch ? (used_g[c] + xhat * used_gx[c]) / n : 0;
          want.push_back(vs[c] * vi[c] * (g[i] - centre));
          const double xhat_size = (std::abs(vx[i]) + std::abs(vm[c])) * std::abs(vi[c]);
          const double centre_size = batch ? (std::abs(used_g[c]) + xhat_size * std::abs(used_gx[c])) / n : 0;
          size.push_back(std::abs(vs[c] * vi[c]) * (std::abs(g[i]) + centre_size));
        }
        const Tensor sums = batch ? sum_g : Tensor();
        const Tensor sums_x = batch ? sum_gx : Tensor();
        const Tensor gate = relu ? y : Tensor();
        const auto run = [&](const Tensor& dx, const Tensor& residual) {
          kernels::batch_norm_backward(target.stream, x, mean, inverse, scale, shift, gate, dy, relu, sums,
                                       sums_x, dx, residual, e.rows, e.cols);
        };
        const Tensor dx = make_zeros(target, shape), residual = make_zeros(target, shape);
        run(dx, residual);
        check_close(target, dx, want, size);
        check_close(target, residual, g);
        const Tensor alone = make_zeros(target, shape);
        run(alone, Tensor());
        CHECK(same_bits(alone, dx));
        run(Tensor(), alone);
        CHECK(same_bits(alone, residual));
        run(dy, Tensor());  // in place
        CHECK(same_bits(dy, dx));
      }
  });
}

TEST_CASE("batch_norm_backward and its sums find forward's ReLU anew") {
  on_every_target([](const Target& target) {
    for (const Extents e : matrices)
      for (const bool batch : {false, true}) {
        INFO(e.rows << " x " << e.cols << ", batch " << batch);
        const Shape shape{e.rows, e.cols};
        const Tensor x = make_normal(target, shape, 1), dy = make_normal(target, shape, 2);
        const Tensor mean = make_normal(in_arithmetic(target), {e.cols}, 3),
                     inverse = make_normal(in_arithmetic(target), {e.cols}, 4);
        const Tensor scale = make_normal(target, {e.cols}, 5), shift = make_normal(target, {e.cols}, 6);
        const Tensor y = make_zeros(target, shape);
        kernels::batch_norm_forward(target.stream, x, mean, inverse, scale, shift, Tensor(), true, y, e.rows,
                                    e.cols);
        const auto run = [&](const Tensor& gate, const Tensor& sum_g, const Tensor& sum_gx,
                             const Tensor& dx) {
          kernels::batch_norm_backward_sums(target.stream, x, mean, inverse, scale, shift, gate, dy, true,
                                            sum_g, sum_gx, Tensor(), Tensor(), e.rows, e.cols);
          kernels::batch_norm_backward(target.stream, x, mean, inverse, scale, shift, gate, dy, true,
                                       batch ? sum_g : Tensor(), batch ? sum_gx : Tensor(), dx, Tensor(),
                                       e.rows, e.cols);
        };
        const Tensor sum_g = make_zeros(in_arithmetic(target), {e.cols}), sum_gx = sum_g.clone();
        const Tensor sum_g_anew = sum_g.clone(), sum_gx_anew = sum_g.clone();
        const Tensor dx = make_zeros(target, shape), dx_anew = dx.clone();
        run(y, sum_g, sum_gx, dx);
        run(Tensor(), sum_g_anew, sum_gx_anew, dx_anew);
        CHECK(same_bits(sum_g_anew, sum_g));
        // Only the rounding of products may differ, as compilers join them with sums.
        const std::vector<double> vx = numbers(x), vdy = numbers(dy), vm = numbers(mean),
                                  vi = numbers(inverse), vs = numbers(scale);
        std::vector<double> g_size(vm.size()), gx_size(vm.size()), dx_size;
        for (std::size_t i = 0; i < vx.size(); ++i) {
          const std::size_t c = i % vm.size();
          g_size[c] += std::abs(vdy[i]);
          gx_size[c] += std::abs(vdy[i]) * (std::abs(vx[i]) + std::abs(vm[c])) * std::abs(vi[c]);
        }
        for (std::size_t i = 0; i < vx.size(); ++i) {
          const std::size_t c = i % vm.size();
          const double xhat_size = (std::abs(vx[i]) + std::abs(vm[c])) * std::abs(vi[c]);
          const double centre =
              batch ? (g_size[c] + xhat_size * gx_size[c]) / static_cast<double>(e.rows) : 0;
          dx_size.push_back(std::abs(vs[c] * vi[c]) * (std::abs(vdy[i]) + centre));
        }
        check_close(target, sum_gx_anew, numbers(sum_gx), gx_size, sum_factor(e.rows));
        check_close(target, dx_anew, numbers(dx), dx_size);
      }
  });
}

TEST_CASE("batch_norm_fold: a scaled convolution") {
  on_every_target([](const Target& target) {
    const Tensor w = make(target, {1, 2, 3, 4}, Shape{2, 2});
    const Tensor mean = make(in_arithmetic(target), {2, -1}),
                 variance = make(in_arithmetic(target), {3.75, 0}), scale = make(target, {3, 1});
    const Tensor shift = make(target, {0.5, 8}), folded = make_zeros(target, {2, 2}),
                 bias = make_zeros(target, {2});
    kernels::batch_norm_fold(target.stream, w, mean, variance, scale, shift, 0.25, folded, bias, 2, 2);
    check_close(target, folded, {1.5, 3, 6, 8});
    check_close(target, bias, {0.5 - 3, 8 + 2}, 10);
  });
}
