#include "kernels/activation.h"

#include "kernels/elements.h"

namespace dlcore::kernels::DLCORE_TARGET {

template <class T>
void relu_forward(const Stream& stream, const T* x, T* y, std::int64_t n) {
  using A = Arithmetic<T>;
  for_each_element(
      stream, 1, n, [=] DLCORE_DEVICE(A value, A & result) { result = value < A(0) ? A(0) : value; },
      reads(x), writes(y));
}

template <class T>
void relu_backward(const Stream& stream, const T* y, const T* dy, T* dx, std::int64_t n) {
  using A = Arithmetic<T>;
  for_each_element(
      stream, 1, n,
      [=] DLCORE_DEVICE(A value, A gradient, A & result) { result = value <= A(0) ? A(0) : gradient; },
      reads(y), reads(dy), writes(dx));
}

template <class T>
void tanh_forward(const Stream& stream, const T* x, T* y, std::int64_t n) {
  using A = Arithmetic<T>;
  for_each_element(
      stream, 1, n, [=] DLCORE_DEVICE(A value, A & result) { result = tangent(value); }, reads(x), writes(y));
}

template <class T>
void tanh_backward(const Stream& stream, const T* y, const T* dy, T* dx, std::int64_t n) {
  using A = Arithmetic<T>;
  for_each_element(
      stream, 1, n,
      [=] DLCORE_DEVICE(A value, A gradient, A & result) { result = gradient * (A(1) - value * value); },
      reads(y), reads(dy), writes(dx));
}

template <class T>
void sigmoid_forward(const Stream& stream, const T* x, T* y, std::int64_t n) {
  using A = Arithmetic<T>;
  for_each_element(
      stream, 1, n, [=] DLCORE_DEVICE(A value, A & result) { result = sigmoid(value); }, reads(x), writes(y));
}

template <class T>
void sigmoid_backward(const Stream& stream, const T* y, const T* dy, T* dx, std::int64_t n) {
  using A = Arithmetic<T>;
  for_each_element(
      stream, 1, n,
      [=] DLCORE_DEVICE(A value, A gradient, A & result) { result = gradient * value * (A(1) - value); },
      reads(y), reads(dy), writes(dx));
}

DLCORE_INSTANTIATE(relu_forward)
DLCORE_INSTANTIATE(relu_backward)
DLCORE_INSTANTIATE(tanh_forward)
DLCORE_INSTANTIATE(tanh_backward)
DLCORE_INSTANTIATE(sigmoid_forward)
DLCORE_INSTANTIATE(sigmoid_backward)

}  // namespace dlcore::kernels::DLCORE_TARGET
