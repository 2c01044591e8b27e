#include "kernels/loss.h"

#include "kernels/elements.h"
#include "kernels/launch.h"

namespace dlcore::kernels::DLCORE_TARGET {

// The functions of a target of type U, T's own or its arithmetic's, which the kernels call for the pointer
// that is there. With nvcc no lambda can be generic.

template <class T, class U>
void squared_rows(const Stream& stream, const T* x, const U* target, Arithmetic<T>* losses, std::int64_t rows,
                  std::int64_t cols) {
  using A = Arithmetic<T>;
  for_each_row(stream, rows, cols, [=] DLCORE_DEVICE(std::int64_t r, const Team& team) {
    const T* from = x + r * cols;
    const U* to = target + r * cols;
    const A sum = team.sum(cols, [=](std::int64_t c) {
      const A difference = load(from[c]) - load(to[c]);
      return difference * difference;
    });
    if (team.leader()) losses[r] = sum;
  });
}

template <class T, class U, class V>
void scaled_difference(const Stream& stream, const T* x, const U* target, const Arithmetic<T>* upstream,
                       double factor, V* y, std::int64_t n) {
  using A = Arithmetic<T>;
  const A by = static_cast<A>(factor);
  for_each_element(
      stream, 1, n,
      [=] DLCORE_DEVICE(A one, A value, A wanted, A & result) { result = by * one * (value - wanted); },
      reads_one(upstream, A(1)), reads(x), reads(target), writes(y));
}

template <class T, class U>
void squared_gradients(const Stream& stream, const T* x, const U* target, const Arithmetic<T>* upstream,
                       double scale, T* dx, U* dtarget, std::int64_t n) {
  if (dx != nullptr) scaled_difference(stream, x, target, upstream, 2 * scale, dx, n);
  if (dtarget != nullptr) scaled_difference(stream, x, target, upstream, -2 * scale, dtarget, n);
}

template <class T, class U>
void binary_rows(const Stream& stream, const T* x, const U* target, Arithmetic<T>* losses, std::int64_t rows,
                 std::int64_t cols) {
  using A = Arithmetic<T>;
  for_each_row(stream, rows, cols, [=] DLCORE_DEVICE(std::int64_t r, const Team& team) {
    const T* from = x + r * cols;
    const U* to = target + r * cols;
    const A sum = team.sum(cols, [=](std::int64_t c) {
      const A score = load(from[c]);
      const A wanted = load(to[c]);
      const A magnitude = score < A(0) ? -score : score;
      // max(x, 0) - t x with its larger terms cancelled: the part of x that has the wrong sign.
      const A wrong = score > A(0) ? (A(1) - wanted) * score : -wanted * score;
      const A loss = wrong + log_one_plus(exponential(-magnitude));
      return wanted >= A(0) && wanted <= A(1) ? loss : A(__builtin_nan(""));
    });
    if (team.leader()) losses[r] = sum;
  });
}

template <class T, class U>
void binary_gradients(const Stream& stream, const T* x, const U* target, const Arithmetic<T>* upstream,
                      double scale, T* dx, U* dtarget, std::int64_t n) {
  using A = Arithmetic<T>;
  const A by = static_cast<A>(scale);
  if (dx != nullptr)
    for_each_element(
        stream, 1, n,
        [=] DLCORE_DEVICE(A one, A score, A wanted, A & result) {
          result = by * one * (sigmoid(score) - wanted);
        },
        reads_one(upstream, A(1)), reads(x), reads(target), writes(dx));
  if (dtarget != nullptr)
    for_each_element(
        stream, 1, n, [=] DLCORE_DEVICE(A one, A score, A & result) { result = -by * one * score; },
        reads_one(upstream, A(1)), reads(x), writes(dtarget));
}

template <class T>
void squared_loss(const Stream& stream, const T* x, const T* target, const Arithmetic<T>* exact_target,
                  Arithmetic<T>* losses, std::int64_t rows, std::int64_t cols) {
  if (exact_target != nullptr)
    squared_rows(stream, x, exact_target, losses, rows, cols);
  else
    squared_rows(stream, x, target, losses, rows, cols);
}

template <class T>
void squared_loss_gradient(const Stream& stream, const T* x, const T* target,
                           const Arithmetic<T>* exact_target, const Arithmetic<T>* upstream, double scale,
                           T* dx, T* dtarget, Arithmetic<T>* exact_dtarget, std::int64_t n) {
  if (exact_target != nullptr)
    squared_gradients(stream, x, exact_target, upstream, scale, dx, exact_dtarget, n);
  else
    squared_gradients(stream, x, target, upstream, scale, dx, dtarget, n);
}

template <class T>
void binary_loss(const Stream& stream, const T* x, const T* target, const Arithmetic<T>* exact_target,
                 Arithmetic<T>* losses, std::int64_t rows, std::int64_t cols) {
  if (exact_target != nullptr)
    binary_rows(stream, x, exact_target, losses, rows, cols);
  else
    binary_rows(stream, x, target, losses, rows, cols);
}

template <class T>
void binary_loss_gradient(const Stream& stream, const T* x, const T* target,
                          const Arithmetic<T>* exact_target, const Arithmetic<T>* upstream, double scale,
                          T* dx, T* dtarget, Arithmetic<T>* exact_dtarget, std::int64_t n) {
  if (exact_target != nullptr)
    binary_gradients(stream, x, exact_target, upstream, scale, dx, exact_dtarget, n);
  else
    binary_gradients(stream, x, target, upstream, scale, dx, dtarget, n);
}

DLCORE_INSTANTIATE(squared_loss)
DLCORE_INSTANTIATE(squared_loss_gradient)
DLCORE_INSTANTIATE(binary_loss)
DLCORE_INSTANTIATE(binary_loss_gradient)

}  // namespace dlcore::kernels::DLCORE_TARGET
