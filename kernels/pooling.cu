#include "kernels/pooling.h"

#include "kernels/launch.h"

namespace dlcore::kernels::DLCORE_TARGET {

/// Which inputs an output covers along one axis, and which outputs cover an input.
struct PoolingAxis {
  std::int64_t inputs, outputs;
  WindowAxis window;
  bool adaptive;

  DLCORE_DEVICE std::int64_t begin(std::int64_t o) const {
    return adaptive ? o * inputs / outputs : o * window.stride - window.padding;
  }
  DLCORE_DEVICE std::int64_t end(std::int64_t o) const {  // one past the last
    return adaptive ? ((o + 1) * inputs + outputs - 1) / outputs
                    : begin(o) + (window.kernel - 1) * window.dilation + 1;
  }
  DLCORE_DEVICE std::int64_t step() const { return adaptive ? 1 : window.dilation; }

  // A superset, to be checked by covers(): outputs that may cover input i.
  DLCORE_DEVICE std::int64_t first_output(std::int64_t i) const {
    if (adaptive) return i * outputs / inputs;
    const std::int64_t room = i + window.padding - (window.kernel - 1) * window.dilation;
    return room <= 0 ? 0 : (room + window.stride - 1) / window.stride;
  }
  DLCORE_DEVICE std::int64_t last_output(std::int64_t i) const {
    const std::int64_t last =
        adaptive ? ((i + 1) * outputs + inputs - 1) / inputs - 1 : (i + window.padding) / window.stride;
    return smaller(last, outputs - 1);
  }
  DLCORE_DEVICE bool covers(std::int64_t o, std::int64_t i) const {
    return i >= begin(o) && i < end(o) && (i - begin(o)) % step() == 0;
  }
  // The first input that output o covers, and how many it does.
  DLCORE_DEVICE std::int64_t first_inside(std::int64_t o) const {
    const std::int64_t first = begin(o);
    return first >= 0 ? first : first + (-first + step() - 1) / step() * step();
  }
  DLCORE_DEVICE std::int64_t inside(std::int64_t o) const {
    const std::int64_t room = smaller(end(o), inputs) - first_inside(o);
    return room <= 0 ? 0 : (room + step() - 1) / step();
  }
  // Positions that a mean divides by.
  DLCORE_DEVICE std::int64_t count(std::int64_t o, bool padding) const {
    return padding && !adaptive ? window.kernel : inside(o);
  }
};

struct PoolingAxes {
  PoolingAxis rows, cols;
};

inline PoolingAxes axes_of(const PoolingExtents& e) {
  return {{e.h, e.out_h, e.window.vertical, e.adaptive}, {e.w, e.out_w, e.window.horizontal, e.adaptive}};
}

template <class T>
void max_pool_forward(const Stream& stream, PoolingExtents e, const T* x, T* y, std::int32_t* where) {
  using A = Arithmetic<T>;
  const PoolingAxes axes = axes_of(e);
  for_each_row(stream, e.n * e.out_h * e.out_w, e.c, [=] DLCORE_DEVICE(std::int64_t r, const Team& team) {
    const std::int64_t j = r % e.out_w;
    const std::int64_t i = r / e.out_w % e.out_h;
    const T* const picture = x + r / (e.out_w * e.out_h) * e.h * e.w * e.c;
    const std::int64_t top = axes.rows.begin(i);
    const std::int64_t left = axes.cols.begin(j);
    bool first = true;
    for (std::int64_t row = top; row < axes.rows.end(i); row += axes.rows.step()) {
      if (row < 0 || row >= e.h) continue;
      for (std::int64_t col = left; col < axes.cols.end(j); col += axes.cols.step()) {
        if (col < 0 || col >= e.w) continue;
        const auto position = static_cast<std::int32_t>(row * e.w + col);
        const T* const pixel = picture + (row * e.w + col) * e.c;
        const bool take = first;
        team.each(e.c, [=](std::int64_t c) {  // each member comes back to its own channels
          const A value = load(pixel[c]);
          const A best = load(y[r * e.c + c]);
          const bool better = take || value > best || value != value;
          store(y[r * e.c + c], better ? value : best);
          where[r * e.c + c] = better ? position : where[r * e.c + c];
        });
        first = false;
      }
    }
  });
}

template <class T>
void max_pool_backward(const Stream& stream, PoolingExtents e, const std::int32_t* where, const T* dy,
                       T* dx) {
  using A = Arithmetic<T>;
  const PoolingAxes axes = axes_of(e);
  for_each_row(stream, e.n * e.h * e.w, e.c, [=] DLCORE_DEVICE(std::int64_t r, const Team& team) {
    const std::int64_t col = r % e.w;
    const std::int64_t row = r / e.w % e.h;
    const std::int64_t base = r / (e.w * e.h) * e.out_h * e.out_w * e.c;
    const auto position = static_cast<std::int32_t>(row * e.w + col);
    const std::int64_t top = axes.rows.first_output(row), left = axes.cols.first_output(col);
    const std::int64_t rows = axes.rows.last_output(row) - top + 1,
                       cols = axes.cols.last_output(col) - left + 1;
    team.each_sum(
        e.c, rows * larger<std::int64_t>(cols, 0),
        [=](std::int64_t t) {
          const std::int64_t k = base + ((top + t / cols) * e.out_w + left + t % cols) * e.c;
          return [=](std::int64_t c) { return where[k + c] == position ? load(dy[k + c]) : A(0); };
        },
        [=](std::int64_t c, A total) { store(dx[r * e.c + c], total); });
  });
}

template <class T>
void average_pool_forward(const Stream& stream, PoolingExtents e, const T* x, T* y) {
  using A = Arithmetic<T>;
  constexpr std::int64_t tile = 64;  // channels of a team: with few pictures and windows, enough teams
  const PoolingAxes axes = axes_of(e);
  const std::int64_t tiles = (e.c + tile - 1) / tile;
  for_each_row(
      stream, e.n * e.out_h * e.out_w * tiles, tile, [=] DLCORE_DEVICE(std::int64_t k, const Team& team) {
        const std::int64_t r = k / tiles;
        const std::int64_t first = k % tiles * tile;
        const std::int64_t width = smaller(tile, e.c - first);
        const std::int64_t j = r % e.out_w;
        const std::int64_t i = r / e.out_w % e.out_h;
        const std::int64_t rows = axes.rows.inside(i), cols = axes.cols.inside(j);
        const std::int64_t down = axes.rows.step() * e.w * e.c, right = axes.cols.step() * e.c;
        const T* const corner =
            x +
            ((r / (e.out_w * e.out_h) * e.h + axes.rows.first_inside(i)) * e.w + axes.cols.first_inside(j)) *
                e.c +
            first;
        const std::int64_t count = axes.rows.count(i, e.count_padding) * axes.cols.count(j, e.count_padding);
        const A share = A(1) / static_cast<A>(larger<std::int64_t>(count, 1));
        team.each_sum(
            width, rows * cols,
            [=](std::int64_t t) {
              const T* const pixel = corner + t / cols * down + t % cols * right;
              return [=](std::int64_t c) { return load(pixel[c]); };
            },
            [=](std::int64_t c, A total) { store(y[r * e.c + first + c], total * share); });
      });
}

template <class T>
void average_pool_backward(const Stream& stream, PoolingExtents e, const T* dy, T* dx) {
  using A = Arithmetic<T>;
  const PoolingAxes axes = axes_of(e);
  for_each_row(stream, e.n * e.h * e.w, e.c, [=] DLCORE_DEVICE(std::int64_t r, const Team& team) {
    const std::int64_t col = r % e.w;
    const std::int64_t row = r / e.w % e.h;
    const T* const gradient = dy + r / (e.w * e.h) * e.out_h * e.out_w * e.c;
    const std::int64_t top = axes.rows.first_output(row), left = axes.cols.first_output(col);
    const std::int64_t rows = axes.rows.last_output(row) - top + 1,
                       cols = axes.cols.last_output(col) - left + 1;
    team.each_sum(
        e.c, rows * larger<std::int64_t>(cols, 0),
        [=](std::int64_t t) {
          const std::int64_t i = top + t / cols, j = left + t % cols;
          const bool covered = axes.rows.covers(i, row) && axes.cols.covers(j, col);
          const std::int64_t count =
              axes.rows.count(i, e.count_padding) * axes.cols.count(j, e.count_padding);
          const A share = A(1) / static_cast<A>(larger<std::int64_t>(count, 1));
          const T* const window = gradient + (i * e.out_w + j) * e.c;
          return [=](std::int64_t c) { return covered ? load(window[c]) * share : A(0); };
        },
        [=](std::int64_t c, A total) { store(dx[r * e.c + c], total); });
  });
}

DLCORE_INSTANTIATE(max_pool_forward)
DLCORE_INSTANTIATE(max_pool_backward)
DLCORE_INSTANTIATE(average_pool_forward)
DLCORE_INSTANTIATE(average_pool_backward)

}  // namespace dlcore::kernels::DLCORE_TARGET
