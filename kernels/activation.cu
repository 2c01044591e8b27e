#include "kernels/activation.h"

#include "kernels/launch.h"

namespace dlcore::kernels::DLCORE_TARGET {

template <class T>
void relu_forward(const Stream& stream, const T* x, T* y, std::int64_t n) {
  using A = Arithmetic<T>;
  for_each(stream, n, [=] DLCORE_DEVICE(std::int64_t i) {
    const A value = load(x[i]);
    store(y[i], value < A(0) ? A(0) : value);
  });
}

template <class T>
void relu_backward(const Stream& stream, const T* y, const T* dy, T* dx, std::int64_t n) {
  using A = Arithmetic<T>;
  for_each(stream, n, [=] DLCORE_DEVICE(std::int64_t i) {
    const A gradient = load(dy[i]);
    store(dx[i], load(y[i]) <= A(0) ? A(0) : gradient);
  });
}

template <class T>
void tanh_forward(const Stream& stream, const T* x, T* y, std::int64_t n) {
  for_each(stream, n, [=] DLCORE_DEVICE(std::int64_t i) { store(y[i], tangent(load(x[i]))); });
}

template <class T>
void tanh_backward(const Stream& stream, const T* y, const T* dy, T* dx, std::int64_t n) {
  using A = Arithmetic<T>;
  for_each(stream, n, [=] DLCORE_DEVICE(std::int64_t i) {
    const A value = load(y[i]);
    store(dx[i], load(dy[i]) * (A(1) - value * value));
  });
}

template <class T>
void sigmoid_forward(const Stream& stream, const T* x, T* y, std::int64_t n) {
  for_each(stream, n, [=] DLCORE_DEVICE(std::int64_t i) { store(y[i], sigmoid(load(x[i]))); });
}

template <class T>
void sigmoid_backward(const Stream& stream, const T* y, const T* dy, T* dx, std::int64_t n) {
  using A = Arithmetic<T>;
  for_each(stream, n, [=] DLCORE_DEVICE(std::int64_t i) {
    const A value = load(y[i]);
    store(dx[i], load(dy[i]) * value * (A(1) - value));
  });
}

DLCORE_INSTANTIATE(relu_forward)
DLCORE_INSTANTIATE(relu_backward)
DLCORE_INSTANTIATE(tanh_forward)
DLCORE_INSTANTIATE(tanh_backward)
DLCORE_INSTANTIATE(sigmoid_forward)
DLCORE_INSTANTIATE(sigmoid_backward)

}  // namespace dlcore::kernels::DLCORE_TARGET
