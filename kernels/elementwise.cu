#include "kernels/elementwise.h"

#include "kernels/launch.h"

namespace dlcore::kernels::DLCORE_TARGET {

template <class T>
void fill(const Stream& stream, T* x, double value, std::int64_t n) {
  const auto typed = static_cast<Arithmetic<T>>(value);
  for_each(stream, n, [=] DLCORE_DEVICE(std::int64_t i) { store(x[i], typed); });
}

template <class T>
void add(const Stream& stream, const T* a, const T* b, T* y, std::int64_t n) {
  for_each(stream, n, [=] DLCORE_DEVICE(std::int64_t i) { store(y[i], load(a[i]) + load(b[i])); });
}

template <class T>
void axpy(const Stream& stream, double alpha, const T* x, T* y, std::int64_t n) {
  const auto a = static_cast<Arithmetic<T>>(alpha);
  for_each(stream, n, [=] DLCORE_DEVICE(std::int64_t i) { store(y[i], load(y[i]) + a * load(x[i])); });
}

template <class T>
void clip_values(const Stream& stream, T* x, double limit, std::int64_t n) {
  using A = Arithmetic<T>;
  const A high = static_cast<A>(limit), low = -high;
  for_each(stream, n, [=] DLCORE_DEVICE(std::int64_t i) {
    const A value = load(x[i]);
    const A below = value > high ? high : value;
    store(x[i], below < low ? low : below);
  });
}

template <class T>
void approach(const Stream& stream, double part, const T* x, T* y, std::int64_t n) {
  const auto a = static_cast<Arithmetic<T>>(part);
  for_each(stream, n, [=] DLCORE_DEVICE(std::int64_t i) {
    const auto y_i = load(y[i]);
    store(y[i], y_i + a * (load(x[i]) - y_i));
  });
}

template <class T>
void exchange(const Stream& stream, T* a, T* b, std::int64_t n) {
  for_each(stream, n, [=] DLCORE_DEVICE(std::int64_t i) {
    const auto old = load(a[i]);
    store(a[i], load(b[i]));
    store(b[i], old);
  });
}

template <class T>
void scale_by(const Stream& stream, const T* x, const Arithmetic<T>* factor, T* y, bool accumulate,
              std::int64_t n) {
  if (accumulate)
    for_each(stream, n,
             [=] DLCORE_DEVICE(std::int64_t i) { store(y[i], load(y[i]) + factor[0] * load(x[i])); });
  else
    for_each(stream, n, [=] DLCORE_DEVICE(std::int64_t i) { store(y[i], factor[0] * load(x[i])); });
}

template <class T>
void add_bias(const Stream& stream, const T* x, const T* bias, T* y, std::int64_t rows, std::int64_t cols) {
  for_each(stream, rows, cols, [=] DLCORE_DEVICE(std::int64_t r, std::int64_t c) {
    store(y[r * cols + c], load(x[r * cols + c]) + load(bias[c]));
  });
}

template <class T>
void epilogue(const Stream& stream, const T* bias, const T* residual, bool relu, T* y, std::int64_t rows,
              std::int64_t cols) {
  using A = Arithmetic<T>;
  const A floor = relu ? A(0) : -A(__builtin_huge_val());
  if (residual == nullptr && bias == nullptr)
    return for_each(stream, rows * cols, [=] DLCORE_DEVICE(std::int64_t i) {
      const A value = load(y[i]);
      store(y[i], value < floor ? floor : value);
    });
  if (residual == nullptr)
    return for_each(stream, rows, cols, [=] DLCORE_DEVICE(std::int64_t r, std::int64_t c) {
      const A value = load(y[r * cols + c]) + load(bias[c]);
      store(y[r * cols + c], value < floor ? floor : value);
    });
  const bool biased = bias != nullptr;
  const T* const biases = biased ? bias : residual;  // always something to read: no branch around a load
  for_each(stream, rows, cols, [=] DLCORE_DEVICE(std::int64_t r, std::int64_t c) {
    const A term = load(biases[c]);
    const A value = load(y[r * cols + c]) + (biased ? term : A(0)) + load(residual[r * cols + c]);
    store(y[r * cols + c], value < floor ? floor : value);
  });
}

// The pair (row, channel) is one row of `spatial` elements.
template <class T>
void standardize(const Stream& stream, const T* x, const Arithmetic<T>* mean,
                 const Arithmetic<T>* inverse_deviation, T* y, std::int64_t rows, std::int64_t channels,
                 std::int64_t spatial) {
  if (spatial == 1) {
    for_each(stream, rows, channels, [=] DLCORE_DEVICE(std::int64_t r, std::int64_t c) {
      store(y[r * channels + c], (load(x[r * channels + c]) - mean[c]) * inverse_deviation[c]);
    });
    return;
  }
  for_each_row(stream, rows * channels, spatial, [=] DLCORE_DEVICE(std::int64_t row, const Team& team) {
    const auto center = mean[row % channels];
    const auto factor = inverse_deviation[row % channels];
    const T* from = x + row * spatial;
    T* into = y + row * spatial;
    team.each(spatial, [=](std::int64_t k) { store(into[k], (load(from[k]) - center) * factor); });
  });
}

template <class T>
void standardize_backward(const Stream& stream, const T* dy, const Arithmetic<T>* inverse_deviation, T* dx,
                          std::int64_t rows, std::int64_t channels, std::int64_t spatial) {
  for_each_row(stream, rows * channels, spatial, [=] DLCORE_DEVICE(std::int64_t row, const Team& team) {
    const auto factor = inverse_deviation[row % channels];
    const T* from = dy + row * spatial;
    T* into = dx + row * spatial;
    team.each(spatial, [=](std::int64_t k) { store(into[k], load(from[k]) * factor); });
  });
}

DLCORE_INSTANTIATE(fill)
DLCORE_INSTANTIATE(add)
DLCORE_INSTANTIATE(axpy)
DLCORE_INSTANTIATE(clip_values)
DLCORE_INSTANTIATE(approach)
DLCORE_INSTANTIATE(exchange)
DLCORE_INSTANTIATE(scale_by)
DLCORE_INSTANTIATE(add_bias)
DLCORE_INSTANTIATE(epilogue)
DLCORE_INSTANTIATE(standardize)
DLCORE_INSTANTIATE(standardize_backward)

}  // namespace dlcore::kernels::DLCORE_TARGET
