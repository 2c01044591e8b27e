// Losses of numbers against their formulas in double.
#include "kernels/loss.h"

#include "tests/devices.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

struct Extents {
  std::int64_t rows, cols;
};
constexpr Extents matrices[] = {{0, 5}, {1, 1}, {31, 33}, {597, 43}, {3, 1600}, {257, 257}, {1, 20001}};

// x and a target in [0, 1), the latter in either type, and what the kernels make of them.
struct Operands {
  Operands(const Target& target, bool exactly, Extents e)
      : rows(e.rows),
        cols(e.cols),
        x(make_normal(target, {rows, cols}, 1, 3)),
        wanted(make_fractions(exactly ? in_arithmetic(target) : target)),
        same(exactly ? Tensor() : wanted),
        exact(exactly ? wanted : Tensor()),
        losses(make_normal(in_arithmetic(target), {rows}, 3)),
        upstream(make(in_arithmetic(target), {0.75})),
        dx(make_normal(target, {rows, cols}, 4)),
        dtarget(make_normal(exactly ? in_arithmetic(target) : target, {rows, cols}, 5)),
        same_dtarget(exactly ? Tensor() : dtarget),
        exact_dtarget(exactly ? dtarget : Tensor()) {}

  Tensor make_fractions(const Target& target) const {
    std::vector<double> values = draw(rows * cols, 2);
    for (double& value : values) value -= std::floor(value);
    return make(target, values, {rows, cols});
  }

  std::int64_t rows, cols;
  Tensor x, wanted, same, exact, losses, upstream, dx, dtarget, same_dtarget, exact_dtarget;
};

struct Term {
  double value, size, slope, target_slope;
};

template <class Formula>
void check(const Target& target, const Operands& o, Formula formula) {
  const std::vector<double> x = numbers(o.x), wanted = numbers(o.wanted);
  std::vector<double> losses(static_cast<std::size_t>(o.rows)), sizes(losses.size()), dx, dtarget;
  const double scale = 0.75 / 32;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const Term term = formula(x[i], wanted[i]);
    losses[i / static_cast<std::size_t>(o.cols)] += term.value;
    sizes[i / static_cast<std::size_t>(o.cols)] += term.size;
    dx.push_back(scale * term.slope);
    dtarget.push_back(scale * term.target_slope);
  }
  check_close(target, o.losses, losses, sizes, sum_factor(o.cols));
  check_close(target, o.dx, dx, scale);  // a difference of numbers of about 1
  check_close(target, o.dtarget, dtarget, scale);
}

template <class F>
void on_all_operands(F f) {
  on_every_target([&](const Target& target) {
    for (const Extents e : matrices)
      for (const bool exact : {false, true}) {
        INFO(e.rows << " x " << e.cols << (exact ? ", an exact target" : ""));
        f(target, Operands(target, exact, e));
      }
  });
}

}  // namespace

TEST_CASE("squared error of rows, and its gradients") {
  on_all_operands([](const Target& target, const Operands& o) {
    kernels::squared_loss(target.stream, o.x, o.same, o.exact, o.losses, o.rows, o.cols);
    kernels::squared_loss_gradient(target.stream, o.x, o.same, o.exact, o.upstream, 1.0 / 32, o.dx,
                                   o.same_dtarget, o.exact_dtarget, o.rows * o.cols);
    check(target, o, [](double x, double t) {
      return Term{(x - t) * (x - t), x * x + t * t, 2 * (x - t), 2 * (t - x)};
    });
  });
}

TEST_CASE("binary cross-entropy of rows, and its gradients") {
  on_all_operands([](const Target& target, const Operands& o) {
    kernels::binary_loss(target.stream, o.x, o.same, o.exact, o.losses, o.rows, o.cols);
    kernels::binary_loss_gradient(target.stream, o.x, o.same, o.exact, o.upstream, 1.0 / 32, o.dx,
                                  o.same_dtarget, o.exact_dtarget, o.rows * o.cols);
    check(target, o, [](double x, double t) {
      return Term{std::log1p(std::exp(x)) - t * x, 1 + std::abs(x), 1 / (1 + std::exp(-x)) - t, -x};
    });
  });
}

TEST_CASE("the gradient of a loss that is not wanted leaves what is there") {
  on_every_target([](const Target& target) {
    for (const bool exact : {false, true}) {
      const Operands o(target, exact, {31, 33});
      const Tensor dx = o.dx.clone(), dtarget = o.dtarget.clone();
      kernels::squared_loss_gradient(target.stream, o.x, o.same, o.exact, o.upstream, 1.0, Tensor(), Tensor(),
                                     Tensor(), 31 * 33);
      kernels::binary_loss_gradient(target.stream, o.x, o.same, o.exact, o.upstream, 1.0, Tensor(), Tensor(),
                                    Tensor(), 31 * 33);
      CHECK(same_bits(o.dx, dx));
      CHECK(same_bits(o.dtarget, dtarget));
    }
  });
}
