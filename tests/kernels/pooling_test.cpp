#include "kernels/pooling.h"

#include "tests/devices.h"

using namespace dlcore;
using namespace dlcore::test;
using kernels::PoolingExtents;
using kernels::Window;

namespace {

PoolingExtents windows(std::int64_t n, std::int64_t h, std::int64_t w, std::int64_t c, const Window& window,
                       bool count_padding = false) {
  return {n, h, w, c, window.vertical.outputs(h), window.horizontal.outputs(w), window, false, count_padding};
}

PoolingExtents adaptive(std::int64_t n, std::int64_t h, std::int64_t w, std::int64_t c, std::int64_t out_h,
                        std::int64_t out_w) {
  return {n, h, w, c, out_h, out_w, {}, true, false};
}

const PoolingExtents cases[] = {
    windows(2, 7, 9, 31, {{3, 2, 1, 1}, {3, 2, 1, 1}}),
    windows(2, 7, 9, 3, {{3, 2, 1, 1}, {3, 2, 1, 1}}, true),
    windows(1, 8, 6, 65, {{2, 2, 0, 1}, {2, 2, 0, 1}}),
    windows(2, 9, 11, 5, {{2, 1, 1, 3}, {3, 3, 0, 2}}),
    windows(1, 1, 1, 1, {{1, 1, 0, 1}, {1, 1, 0, 1}}),
    windows(0, 4, 4, 3, {{2, 2, 0, 1}, {2, 2, 0, 1}}),
    windows(1, 5, 5, 2, {{2, 4, 0, 1}, {2, 4, 0, 1}}),  // inputs that no window covers
    adaptive(2, 7, 7, 257, 1, 1),
    adaptive(2, 7, 5, 3, 3, 4),
    adaptive(1, 2, 3, 4, 5, 7),  // more outputs than inputs
};

// Which inputs an output covers, counted out one by one.
std::vector<std::int64_t> covered(std::int64_t o, std::int64_t n, std::int64_t outputs,
                                  const kernels::WindowAxis& window, bool is_adaptive) {
  std::vector<std::int64_t> inputs;
  if (is_adaptive) {
    for (std::int64_t i = o * n / outputs; i * outputs < (o + 1) * n; ++i) inputs.push_back(i);
    return inputs;
  }
  for (std::int64_t k = 0; k < window.kernel; ++k) {
    const std::int64_t i = o * window.stride - window.padding + k * window.dilation;
    if (i >= 0 && i < n) inputs.push_back(i);
  }
  return inputs;
}

// visit(output index, input indices, divisor of a mean), for every output.
template <class Visit>
void visit_windows(const PoolingExtents& e, Visit visit) {
  for (std::int64_t n = 0; n < e.n; ++n)
    for (std::int64_t i = 0; i < e.out_h; ++i)
      for (std::int64_t j = 0; j < e.out_w; ++j)
        for (std::int64_t c = 0; c < e.c; ++c) {
          std::vector<std::size_t> inputs;
          for (const std::int64_t row : covered(i, e.h, e.out_h, e.window.vertical, e.adaptive))
            for (const std::int64_t col : covered(j, e.w, e.out_w, e.window.horizontal, e.adaptive))
              inputs.push_back(static_cast<std::size_t>(((n * e.h + row) * e.w + col) * e.c + c));
          const auto whole = static_cast<std::size_t>(e.window.vertical.kernel * e.window.horizontal.kernel);
          visit(static_cast<std::size_t>(((n * e.out_h + i) * e.out_w + j) * e.c + c), inputs,
                e.count_padding ? whole : inputs.size());
        }
}

std::string name_of(const PoolingExtents& e) {
  return std::to_string(e.h) + "x" + std::to_string(e.w) + "x" + std::to_string(e.c) + " to " +
         std::to_string(e.out_h) + "x" + std::to_string(e.out_w) + (e.adaptive ? ", adaptive" : "");
}

}  // namespace

TEST_CASE("max pooling and its way back") {
  on_every_target([](const Target& target) {
    for (const PoolingExtents& e : cases) {
      INFO(name_of(e));
      const Shape in{e.n, e.h, e.w, e.c};
      const Shape out{e.n, e.out_h, e.out_w, e.c};
      const Tensor x = make_normal(target, in, 1);
      const Tensor dy = make_normal(target, out, 2);
      const Tensor y = make(target, std::vector<double>(static_cast<std::size_t>(out.numel()), NAN), out);
      const Tensor dx = make(target, std::vector<double>(static_cast<std::size_t>(in.numel()), NAN), in);
      const Tensor where = Tensor(out, DType::int32, target.device());
      kernels::max_pool_forward(target.stream, e, x, y, where);
      kernels::max_pool_backward(target.stream, e, where, dy, dx);
      const auto vx = numbers(x), vdy = numbers(dy);
      std::vector<double> want(vdy.size()), want_dx(vx.size()), size(vx.size());
      visit_windows(e, [&](std::size_t o, const std::vector<std::size_t>& inputs, std::size_t) {
        std::size_t best = inputs.front();
        for (const std::size_t i : inputs)
          if (vx[i] > vx[best]) best = i;
        want[o] = vx[best];
        want_dx[best] += vdy[o];
        size[best] += std::abs(vdy[o]);
      });
      check_close(target, y, want);
      check_close(target, dx, want_dx, size);
    }
  });
}

TEST_CASE("max pooling: the first of equals, and NaN wins") {
  on_every_target([](const Target& target) {
    const PoolingExtents e = windows(1, 1, 6, 1, {{1, 1, 0, 1}, {3, 3, 0, 1}});
    const Tensor x = make(target, {2, 5, 5, 1, std::nan(""), 9}, Shape{1, 1, 6, 1});
    const Tensor y = make_zeros(target, {1, 1, 2, 1});
    const Tensor where = Tensor({1, 1, 2, 1}, DType::int32, target.device());
    kernels::max_pool_forward(target.stream, e, x, y, where);
    check_close(target, y, {5, std::nan("")});
    CHECK(where.to_vector<std::int32_t>() == std::vector<std::int32_t>{1, 4});
  });
}

TEST_CASE("average pooling and its way back") {
  on_every_target([](const Target& target) {
    for (const PoolingExtents& e : cases) {
      INFO(name_of(e));
      const Shape in{e.n, e.h, e.w, e.c};
      const Shape out{e.n, e.out_h, e.out_w, e.c};
      const Tensor x = make_normal(target, in, 1);
      const Tensor dy = make_normal(target, out, 2);
      const Tensor y = make(target, std::vector<double>(static_cast<std::size_t>(out.numel()), NAN), out);
      const Tensor dx = make(target, std::vector<double>(static_cast<std::size_t>(in.numel()), NAN), in);
      kernels::average_pool_forward(target.stream, e, x, y);
      kernels::average_pool_backward(target.stream, e, dy, dx);
      const auto vx = numbers(x), vdy = numbers(dy);
      std::vector<double> want(vdy.size()), size(vdy.size()), want_dx(vx.size()), size_dx(vx.size());
      visit_windows(e, [&](std::size_t o, const std::vector<std::size_t>& inputs, std::size_t count) {
        const auto n = static_cast<double>(count);
        for (const std::size_t i : inputs) {
          want[o] += vx[i] / n;
          size[o] += std::abs(vx[i]) / n;
          want_dx[i] += vdy[o] / n;
          size_dx[i] += std::abs(vdy[o]) / n;
        }
      });
      check_close(target, y, want, size, sum_factor(e.h * e.w));
      check_close(target, dx, want_dx, size_dx, sum_factor(e.h * e.w));
    }
  });
}
