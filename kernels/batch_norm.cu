#include "kernels/batch_norm.h"

#include "kernels/launch.h"

namespace dlcore::kernels::DLCORE_TARGET {

/// The gradient before the ReLU that made y.
template <class A>
DLCORE_DEVICE inline A gated(A dy, A y, bool relu) {
  return (relu & (y <= A(0))) ? A(0) : dy;
}

template <class T>
void batch_norm_statistics(const Stream& stream, const T* x, T* mean, T* inverse_deviation, T* running_mean,
                           T* running_variance, double eps, double momentum, std::int64_t rows,
                           std::int64_t cols) {
  using A = Arithmetic<T>;
  // Of x less its first row: the square of a large mean would leave no digits for the variance.
  reduce_columns<Sums<A, 2>>(
      stream, rows, cols,
      [=] DLCORE_DEVICE(std::int64_t r, std::int64_t c) {
        const A d = load(x[r * cols + c]) - load(x[c]);
        return Sums<A, 2>{{d, d * d}};
      },
      [=] DLCORE_DEVICE(std::int64_t c, const Sums<A, 2>& sums) {
        const double n = static_cast<double>(rows);
        const double d = static_cast<double>(sums.v[0]) / n;
        const double spread = static_cast<double>(sums.v[1]) - n * d * d;
        const double variance = larger(spread, 0.0) / n;
        const double middle = static_cast<double>(load(x[c])) + d;
        store(mean[c], static_cast<A>(middle));
        store(inverse_deviation[c], static_cast<A>(1.0 / root(variance + eps)));
        store(running_mean[c], static_cast<A>((1 - momentum) * static_cast<double>(load(running_mean[c])) +
                                              momentum * middle));
        store(running_variance[c],
              static_cast<A>((1 - momentum) * static_cast<double>(load(running_variance[c])) +
                             momentum * variance * n / (n - 1)));
      });
}

template <class T>
void batch_norm_from_running(const Stream& stream, const T* running_mean, const T* running_variance, T* mean,
                             T* inverse_deviation, double eps, std::int64_t cols) {
  using A = Arithmetic<T>;
  for_each(stream, cols, [=] DLCORE_DEVICE(std::int64_t c) {
    mean[c] = running_mean[c];
    store(inverse_deviation[c], A(1) / root(load(running_variance[c]) + static_cast<A>(eps)));
  });
}

template <class T>
void batch_norm_forward(const Stream& stream, const T* x, const T* mean, const T* inverse_deviation,
                        const T* scale, const T* shift, const T* residual, bool relu, T* y, std::int64_t rows,
                        std::int64_t cols) {
  using A = Arithmetic<T>;
  const A floor = relu ? A(0) : -A(__builtin_huge_val());
  const bool affine = scale != nullptr;
  const T* const scales = affine ? scale : mean;  // always something to read: no branch around a load
  const T* const shifts = affine ? shift : mean;
  const auto normalized = [=] DLCORE_DEVICE(std::int64_t i, std::int64_t c) {
    const A factor = load(scales[c]);
    const A term = load(shifts[c]);
    return (load(x[i]) - load(mean[c])) * (load(inverse_deviation[c]) * (affine ? factor : A(1))) +
           (affine ? term : A(0));
  };
  if (residual == nullptr)
    return for_each(stream, rows, cols, [=] DLCORE_DEVICE(std::int64_t r, std::int64_t c) {
      const A value = normalized(r * cols + c, c);
      store(y[r * cols + c], value < floor ? floor : value);  // NaN passes
    });
  for_each(stream, rows, cols, [=] DLCORE_DEVICE(std::int64_t r, std::int64_t c) {
    const A value = normalized(r * cols + c, c) + load(residual[r * cols + c]);
    store(y[r * cols + c], value < floor ? floor : value);
  });
}

template <class T>
void batch_norm_backward_sums(const Stream& stream, const T* x, const T* mean, const T* inverse_deviation,
                              const T* y, const T* dy, bool relu, T* sum_g, T* sum_gx, T* dscale, T* dshift,
                              std::int64_t rows, std::int64_t cols) {
  using A = Arithmetic<T>;
  const T* const gate = relu ? y : dy;  // always something to read
  reduce_columns<Sums<A, 2>>(
      stream, rows, cols,
      [=] DLCORE_DEVICE(std::int64_t r, std::int64_t c) {
        const std::int64_t i = r * cols + c;
        const A g = gated(load(dy[i]), load(gate[i]), relu);
        return Sums<A, 2>{{g, g * ((load(x[i]) - load(mean[c])) * load(inverse_deviation[c]))}};
      },
      [=] DLCORE_DEVICE(std::int64_t c, const Sums<A, 2>& sums) {
        store(sum_g[c], sums.v[0]);
        store(sum_gx[c], sums.v[1]);
        if (dshift != nullptr) store(dshift[c], load(dshift[c]) + sums.v[0]);
        if (dscale != nullptr) store(dscale[c], load(dscale[c]) + sums.v[1]);
      });
}

template <class T>
void batch_norm_backward(const Stream& stream, const T* x, const T* mean, const T* inverse_deviation,
                         const T* scale, const T* y, const T* dy, bool relu, const T* sum_g, const T* sum_gx,
                         T* dx, T* dresidual, std::int64_t rows, std::int64_t cols) {
  using A = Arithmetic<T>;
  const T* const gate = relu ? y : dy;
  // Numbers, not choices within the loop: GCC 12 does not vectorise two of them in bfloat16.
  const A affine = scale != nullptr ? A(1) : A(0);
  const T* const scales = scale != nullptr ? scale : mean;
  const T* const sums_g = sum_g != nullptr ? sum_g : mean;
  const T* const sums_gx = sum_g != nullptr ? sum_gx : mean;
  const A share = sum_g != nullptr ? A(1) / static_cast<A>(rows) : A(0);
  const auto gradient = [=] DLCORE_DEVICE(std::int64_t i, std::int64_t c, A g) {
    const A inverse = load(inverse_deviation[c]);
    const A factor = affine * load(scales[c]) + (A(1) - affine);
    const A xhat = (load(x[i]) - load(mean[c])) * inverse;
    const A centre = (load(sums_g[c]) + xhat * load(sums_gx[c])) * share;
    return inverse * factor * (g - centre);
  };
  if (dx == nullptr && dresidual == nullptr) return;
  if (dresidual == nullptr)
    return for_each(stream, rows, cols, [=] DLCORE_DEVICE(std::int64_t r, std::int64_t c) {
      const std::int64_t i = r * cols + c;
      store(dx[i], gradient(i, c, gated(load(dy[i]), load(gate[i]), relu)));
    });
  if (dx == nullptr)
    return for_each(stream, rows, cols, [=] DLCORE_DEVICE(std::int64_t r, std::int64_t c) {
      const std::int64_t i = r * cols + c;
      store(dresidual[i], gated(load(dy[i]), load(gate[i]), relu));
    });
  for_each(stream, rows, cols, [=] DLCORE_DEVICE(std::int64_t r, std::int64_t c) {
    const std::int64_t i = r * cols + c;
    const A g = gated(load(dy[i]), load(gate[i]), relu);
    store(dx[i], gradient(i, c, g));
    store(dresidual[i], g);
  });
}

template <class T>
void batch_norm_fold(const Stream& stream, const T* w, const T* running_mean, const T* running_variance,
                     const T* scale, const T* shift, double eps, T* folded, T* bias, std::int64_t rows,
                     std::int64_t cols) {
  using A = Arithmetic<T>;
  const auto factor = [=] DLCORE_DEVICE(std::int64_t r) {
    return load(scale[r]) / root(load(running_variance[r]) + static_cast<A>(eps));
  };
  for_each(stream, rows, cols, [=] DLCORE_DEVICE(std::int64_t r, std::int64_t c) {
    store(folded[r * cols + c], load(w[r * cols + c]) * factor(r));
  });
  for_each(stream, rows, [=] DLCORE_DEVICE(std::int64_t r) {
    store(bias[r], load(shift[r]) - load(running_mean[r]) * factor(r));
  });
}

DLCORE_INSTANTIATE(batch_norm_statistics)
DLCORE_INSTANTIATE(batch_norm_from_running)
DLCORE_INSTANTIATE(batch_norm_forward)
DLCORE_INSTANTIATE(batch_norm_backward_sums)
DLCORE_INSTANTIATE(batch_norm_backward)
DLCORE_INSTANTIATE(batch_norm_fold)

}  // namespace dlcore::kernels::DLCORE_TARGET
