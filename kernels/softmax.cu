#include "kernels/softmax.h"

#include "kernels/launch.h"

namespace dlcore::kernels::DLCORE_TARGET {

template <class T>
void softmax_forward(const Stream& stream, const T* x, T* y, std::int64_t rows, std::int64_t cols) {
  using A = Arithmetic<T>;
  for_each_row(stream, rows, cols, [=] DLCORE_DEVICE(std::int64_t r, const Team& team) {
    const T* from = x + r * cols;
    T* into = y + r * cols;
    const A shift = team.max(cols, [=](std::int64_t c) { return load(from[c]); });
    const A total = team.sum(cols, [=](std::int64_t c) { return exponential(load(from[c]) - shift); });
    const A factor = A(1) / total;
    team.each(cols, [=](std::int64_t c) { store(into[c], exponential(load(from[c]) - shift) * factor); });
  });
}

template <class T>
void softmax_backward(const Stream& stream, const T* y, const T* dy, T* dx, std::int64_t rows,
                      std::int64_t cols) {
  using A = Arithmetic<T>;
  for_each_row(stream, rows, cols, [=] DLCORE_DEVICE(std::int64_t r, const Team& team) {
    const T* value = y + r * cols;
    const T* from = dy + r * cols;
    T* into = dx + r * cols;
    const A dot = team.sum(cols, [=](std::int64_t c) { return load(from[c]) * load(value[c]); });
    team.each(cols, [=](std::int64_t c) { store(into[c], load(value[c]) * (load(from[c]) - dot)); });
  });
}

template <class T>
void cross_entropy_forward(const Stream& stream, const T* x, const std::int32_t* target,
                           Arithmetic<T>* losses, std::int64_t ignore_index, std::int64_t rows,
                           std::int64_t cols) {
  using A = Arithmetic<T>;
  for_each_row(stream, rows, cols, [=] DLCORE_DEVICE(std::int64_t r, const Team& team) {
    const T* from = x + r * cols;
    const std::int64_t wanted = target[r];
    if (wanted == ignore_index) {
      if (team.leader()) losses[r] = A(0);
      return;
    }
    const A shift = team.max(cols, [=](std::int64_t c) { return load(from[c]); });
    const A total = team.sum(cols, [=](std::int64_t c) { return exponential(load(from[c]) - shift); });
    const bool valid = 0 <= wanted && wanted < cols;
    const A score = valid ? load(from[wanted]) : A(__builtin_nan(""));
    if (team.leader()) losses[r] = logarithm(total) + (shift - score);
  });
}

template <class T>
void cross_entropy_gradient(const Stream& stream, const T* x, const std::int32_t* target,
                            const Arithmetic<T>* weight, Arithmetic<T>* losses, T* dx,
                            std::int64_t ignore_index, double smoothing, double scale, std::int64_t rows,
                            std::int64_t cols) {
  using A = Arithmetic<T>;
  const A shared = static_cast<A>(smoothing / static_cast<double>(cols));  // each word's part of the target
  const A own = static_cast<A>(1 - smoothing);
  // The powers are computed once where `into` can hold them between the passes without rounding.
  constexpr bool keeps_powers = sizeof(A) == sizeof(T);
  for_each_row(stream, rows, cols, [=] DLCORE_DEVICE(std::int64_t r, const Team& team) {
    const T* from = x + r * cols;
    T* into = dx + r * cols;
    const std::int64_t wanted = target[r];
    if (wanted == ignore_index) {
      team.each(cols, [=](std::int64_t c) { store(into[c], A(0)); });
      if (team.leader()) losses[r] = A(0);
      return;
    }
    const A shift = team.max(cols, [=](std::int64_t c) { return load(from[c]); });
    const bool valid = 0 <= wanted && wanted < cols;
    A score = valid ? load(from[wanted]) : A(__builtin_nan(""));
    if (shared > A(0))
      score = own * score + shared * team.sum(cols, [=](std::int64_t c) { return load(from[c]); });
    team.sync();  // every member has read it before `into`, which may be `from`, is written
    const A total = team.sum(cols, [=](std::int64_t c) {
      const A power = exponential(load(from[c]) - shift);
      if (keeps_powers) store(into[c], power);
      return power;
    });
    const A counts = weight == nullptr ? A(1) : weight[r];
    if (team.leader()) losses[r] = counts * (logarithm(total) + (shift - score));
    const A whole = static_cast<A>(scale) * counts;
    const A factor = whole / total;
    const A every = whole * shared;
    const A one = whole * own + every;
    team.each(cols, [=](std::int64_t c) {
      const A power = keeps_powers ? load(into[c]) : exponential(load(from[c]) - shift);
      store(into[c], power * factor - (c == wanted ? one : every));
    });
  });
}

template <class T>
void sum_losses(const Stream& stream, const T* losses, T* total, double scale, bool accumulate,
                std::int64_t n) {
  using A = Arithmetic<T>;
  for_each_row(stream, 1, n, [=] DLCORE_DEVICE(std::int64_t, const Team& team) {
    const double sum =
        scale * team.sum(n, [=](std::int64_t i) { return static_cast<double>(load(losses[i])); });
    if (team.leader()) store(total[0], static_cast<A>(accumulate ? sum + load(total[0]) : sum));
  });
}

DLCORE_INSTANTIATE(softmax_forward)
DLCORE_INSTANTIATE(softmax_backward)
DLCORE_INSTANTIATE(cross_entropy_forward)
DLCORE_INSTANTIATE(cross_entropy_gradient)
DLCORE_INSTANTIATE(sum_losses)

}  // namespace dlcore::kernels::DLCORE_TARGET
