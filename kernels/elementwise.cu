#include "kernels/elementwise.h"

#include "kernels/elements.h"
#include "kernels/launch.h"

namespace dlcore::kernels::DLCORE_TARGET {

template <class T>
void fill(const Stream& stream, T* x, double value, std::int64_t n) {
  using A = Arithmetic<T>;
  const A typed = static_cast<A>(value);
  for_each_element(
      stream, 1, n, [=] DLCORE_DEVICE(A & element) { element = typed; }, writes(x));
}

template <class T>
void add(const Stream& stream, const T* a, const T* b, T* y, std::int64_t n) {
  using A = Arithmetic<T>;
  for_each_element(
      stream, 1, n, [=] DLCORE_DEVICE(A one, A other, A & sum) { sum = one + other; }, reads(a), reads(b),
      writes(y));
}

template <class T>
void multiply(const Stream& stream, const T* a, const T* b, T* y, std::int64_t n) {
  for_each(stream, n, [=] DLCORE_DEVICE(std::int64_t i) { store(y[i], load(a[i]) * load(b[i])); });
}

template <class T>
void axpy(const Stream& stream, double alpha, const T* x, T* y, std::int64_t n) {
  using A = Arithmetic<T>;
  const A a = static_cast<A>(alpha);
  for_each_element(
      stream, 1, n, [=] DLCORE_DEVICE(A term, A & sum) { sum = sum + a * term; }, reads(x), updates(y));
}

template <class T>
void clip_values(const Stream& stream, T* x, double limit, std::int64_t n) {
  using A = Arithmetic<T>;
  const A high = static_cast<A>(limit), low = -high;
  for_each_element(
      stream, 1, n,
      [=] DLCORE_DEVICE(A & value) {
        const A below = value > high ? high : value;
        value = below < low ? low : below;
      },
      updates(x));
}

template <class T>
void approach(const Stream& stream, double part, const T* x, T* y, std::int64_t n) {
  using A = Arithmetic<T>;
  const A a = static_cast<A>(part);
  for_each_element(
      stream, 1, n, [=] DLCORE_DEVICE(A goal, A & value) { value = value + a * (goal - value); }, reads(x),
      updates(y));
}

template <class T>
void exchange(const Stream& stream, T* a, T* b, std::int64_t n) {
  using A = Arithmetic<T>;
  for_each_element(
      stream, 1, n,
      [=] DLCORE_DEVICE(A & one, A & other) {
        const A old = one;
        one = other;
        other = old;
      },
      updates(a), updates(b));
}

template <class T>
void scale_by(const Stream& stream, const T* x, const Arithmetic<T>* factor, T* y, bool accumulate,
              std::int64_t n) {
  using A = Arithmetic<T>;
  const auto one = reads_one(factor, A(1));
  if (accumulate)
    for_each_element(
        stream, 1, n, [=] DLCORE_DEVICE(A by, A value, A & sum) { sum = sum + by * value; }, one, reads(x),
        updates(y));
  else
    for_each_element(
        stream, 1, n, [=] DLCORE_DEVICE(A by, A value, A & result) { result = by * value; }, one, reads(x),
        writes(y));
}

template <class T>
void add_bias(const Stream& stream, const T* x, const T* bias, T* y, std::int64_t rows, std::int64_t cols) {
  using A = Arithmetic<T>;
  for_each_element(
      stream, rows, cols, [=] DLCORE_DEVICE(A value, A term, A & sum) { sum = value + term; }, reads(x, cols),
      reads_row(bias), writes(y, cols));
}

template <class T>
void epilogue(const Stream& stream, const T* bias, const T* residual, bool relu, T* y, std::int64_t rows,
              std::int64_t cols) {
  using A = Arithmetic<T>;
  const A floor = relu ? A(0) : -A(__builtin_huge_val());
  if (residual == nullptr && bias == nullptr)
    return for_each_element(
        stream, 1, rows * cols, [=] DLCORE_DEVICE(A & value) { value = value < floor ? floor : value; },
        updates(y));
  if (residual == nullptr)
    return for_each_element(
        stream, rows, cols,
        [=] DLCORE_DEVICE(A term, A & value) {
          const A sum = value + term;
          value = sum < floor ? floor : sum;
        },
        reads_row(bias), updates(y, cols));
  if (bias == nullptr)
    return for_each_element(
        stream, 1, rows * cols,
        [=] DLCORE_DEVICE(A other, A & value) {
          const A sum = value + other;
          value = sum < floor ? floor : sum;
        },
        reads(residual), updates(y));
  for_each_element(
      stream, rows, cols,
      [=] DLCORE_DEVICE(A term, A other, A & value) {
        const A sum = value + term + other;
        value = sum < floor ? floor : sum;
      },
      reads_row(bias), reads(residual, cols), updates(y, cols));
}

// The pair (row, channel) is one row of `spatial` elements.
template <class T>
void standardize(const Stream& stream, const T* x, const Arithmetic<T>* mean,
                 const Arithmetic<T>* inverse_deviation, T* y, std::int64_t rows, std::int64_t channels,
                 std::int64_t spatial) {
  using A = Arithmetic<T>;
  if (spatial == 1)
    return for_each_element(
        stream, rows, channels,
        [=] DLCORE_DEVICE(A value, A center, A factor, A & result) { result = (value - center) * factor; },
        reads(x, channels), reads_row(mean), reads_row(inverse_deviation), writes(y, channels));
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
DLCORE_INSTANTIATE(multiply)
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
