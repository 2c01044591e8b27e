#include "tests/kernels/example/square.h"

#include "kernels/elements.h"

namespace dlcore::kernels::DLCORE_TARGET {

template <class T>
void square_forward(const Stream& stream, const T* x, T* y, std::int64_t n) {
  using A = Arithmetic<T>;
  for_each_element(
      stream, 1, n, [=] DLCORE_DEVICE(A value, A & square) { square = value * value; }, reads(x), writes(y));
}

template <class T>
void square_backward(const Stream& stream, const T* x, const T* dy, T* dx, std::int64_t n) {
  using A = Arithmetic<T>;
  for_each_element(
      stream, 1, n, [=] DLCORE_DEVICE(A value, A gradient, A & result) { result = A(2) * value * gradient; },
      reads(x), reads(dy), writes(dx));
}

DLCORE_INSTANTIATE(square_forward)
DLCORE_INSTANTIATE(square_backward)

}  // namespace dlcore::kernels::DLCORE_TARGET
