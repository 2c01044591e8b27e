#include "kernels/batch_norm.h"

#include "kernels/elements.h"
#include "kernels/launch.h"

namespace dlcore::kernels::DLCORE_TARGET {

/// The gradient before the ReLU that made y, where `closed` is 0; or dy, where it is NaN. (A number: with
/// one choice more that does not depend on the index, GCC 12 leaves the loops below scalar in bfloat16.)
template <class A>
DLCORE_DEVICE inline A gated(A dy, A y, A closed) {
  return y <= closed ? A(0) : dy;
}
template <class A>
A closed_at(bool relu) {
  return relu ? A(0) : A(__builtin_nan(""));
}

/// y before residual and ReLU. Backward, it decides as forward did: the same operations, rounded the same
/// way.
template <class A>
DLCORE_DEVICE inline A normalized(A x, A mean, A inverse, A scale, A shift) {
  return (x - mean) * (inverse * scale) + shift;
}

template <class T>
void batch_norm_statistics(const Stream& stream, const T* x, Arithmetic<T>* mean,
                           Arithmetic<T>* inverse_deviation, Arithmetic<T>* running_mean,
                           Arithmetic<T>* running_variance, double eps, double momentum, std::int64_t rows,
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
        mean[c] = static_cast<A>(middle);
        inverse_deviation[c] = static_cast<A>(1.0 / root(variance + eps));
        running_mean[c] =
            static_cast<A>((1 - momentum) * static_cast<double>(running_mean[c]) + momentum * middle);
        running_variance[c] = static_cast<A>((1 - momentum) * static_cast<double>(running_variance[c]) +
                                             momentum * variance * n / (n - 1));
      });
}

template <class T>
void batch_norm_from_running(const Stream& stream, const Arithmetic<T>* running_mean,
                             const Arithmetic<T>* running_variance, Arithmetic<T>* mean,
                             Arithmetic<T>* inverse_deviation, double eps, std::int64_t cols) {
  using A = Arithmetic<T>;
  for_each(stream, cols, [=] DLCORE_DEVICE(std::int64_t c) {
    mean[c] = running_mean[c];
    inverse_deviation[c] = A(1) / root(running_variance[c] + static_cast<A>(eps));
  });
}

template <class T>
void batch_norm_forward(const Stream& stream, const T* x, const Arithmetic<T>* mean,
                        const Arithmetic<T>* inverse_deviation, const T* scale, const T* shift,
                        const T* residual, bool relu, T* y, std::int64_t rows, std::int64_t cols) {
  using A = Arithmetic<T>;
  const A floor = relu ? A(0) : -A(__builtin_huge_val());
  const bool affine = scale != nullptr;
  // Always something to read: no branch around a load.
  const auto scales = reads_row(affine ? scale : x), shifts = reads_row(affine ? shift : x);
  if (residual == nullptr)
    return for_each_element(
        stream, rows, cols,
        [=] DLCORE_DEVICE(A value, A middle, A inverse, A factor, A term, A & result) {
          const A sum = normalized(value, middle, inverse, affine ? factor : A(1), affine ? term : A(0));
          result = sum < floor ? floor : sum;  // NaN passes
        },
        reads(x, cols), reads_row(mean), reads_row(inverse_deviation), scales, shifts, writes(y, cols));
  for_each_element(
      stream, rows, cols,
      [=] DLCORE_DEVICE(A value, A middle, A inverse, A factor, A term, A other, A & result) {
        const A sum =
            normalized(value, middle, inverse, affine ? factor : A(1), affine ? term : A(0)) + other;
        result = sum < floor ? floor : sum;
      },
      reads(x, cols), reads_row(mean), reads_row(inverse_deviation), scales, shifts, reads(residual, cols),
      writes(y, cols));
}

template <class T>
void batch_norm_backward_sums(const Stream& stream, const T* x, const Arithmetic<T>* mean,
                              const Arithmetic<T>* inverse_deviation, const T* scale, const T* shift,
                              const T* y, const T* dy, bool relu, Arithmetic<T>* sum_g, Arithmetic<T>* sum_gx,
                              T* dscale, T* dshift, std::int64_t rows, std::int64_t cols) {
  using A = Arithmetic<T>;
  const auto finish = [=] DLCORE_DEVICE(std::int64_t c, const Sums<A, 2>& sums) {
    sum_g[c] = sums.v[0];
    sum_gx[c] = sums.v[1];
    if (dshift != nullptr) store(dshift[c], load(dshift[c]) + sums.v[0]);
    if (dscale != nullptr) store(dscale[c], load(dscale[c]) + sums.v[1]);
  };
  if (relu && y == nullptr) {
    return reduce_columns<Sums<A, 2>>(
        stream, rows, cols,
        [=] DLCORE_DEVICE(std::int64_t r, std::int64_t c) {
          const std::int64_t i = r * cols + c;
          const A value = load(x[i]);
          const A sum = normalized(value, mean[c], inverse_deviation[c], load(scale[c]), load(shift[c]));
          const A g = gated(load(dy[i]), sum, A(0));
          return Sums<A, 2>{{g, g * ((value - mean[c]) * inverse_deviation[c])}};
        },
        finish);
  }
  const T* const gate = relu ? y : dy;  // always something to read
  const A closed = closed_at<A>(relu);
  reduce_columns<Sums<A, 2>>(
      stream, rows, cols,
      [=] DLCORE_DEVICE(std::int64_t r, std::int64_t c) {
        const std::int64_t i = r * cols + c;
        const A g = gated(load(dy[i]), load(gate[i]), closed);
        return Sums<A, 2>{{g, g * ((load(x[i]) - mean[c]) * inverse_deviation[c])}};
      },
      finish);
}

template <class T>
void batch_norm_backward(const Stream& stream, const T* x, const Arithmetic<T>* mean,
                         const Arithmetic<T>* inverse_deviation, const T* scale, const T* shift, const T* y,
                         const T* dy, bool relu, const Arithmetic<T>* sum_g, const Arithmetic<T>* sum_gx,
                         T* dx, T* dresidual, std::int64_t rows, std::int64_t cols) {
  using A = Arithmetic<T>;
  const bool anew = relu && y == nullptr;
  const auto gradients = reads(dy, cols), gates = reads(relu && !anew ? y : dy, cols);
  const A closed = closed_at<A>(relu);
  if (dx == nullptr && dresidual == nullptr) return;
  if (dx == nullptr)
    return for_each_element(
        stream, rows, cols,
        [=] DLCORE_DEVICE(A gradient, A gate, A & g) { g = gated(gradient, gate, closed); }, gradients, gates,
        writes(dresidual, cols));
  const bool affine = scale != nullptr;
  const auto scales = reads_row(affine ? scale : x);
  const auto inverses = reads_row(inverse_deviation), means = reads_row(mean), sums_g = reads_row(sum_g),
             sums_gx = reads_row(sum_gx);
  const auto values = reads(x, cols);
  // Here the scale is chosen by numbers too, for the same reason. What stands in for it does no harm: where x
  // is not finite, the batch's statistics are not either.
  const A share = A(1) / static_cast<A>(rows), given = affine ? A(1) : A(0), missing = A(1) - given;
  const auto centred = [=] DLCORE_DEVICE(A value, A middle, A inverse, A scale_or_x, A total, A total_x,
                                         A g) {
    const A xhat = (value - middle) * inverse;
    const A factor = given * scale_or_x + missing;
    return inverse * factor * (g - (total + xhat * total_x) * share);
  };
  if (anew) {
    const auto shifts = reads_row(shift);
    if (sum_g == nullptr)
      return for_each_element(
          stream, rows, cols,
          [=] DLCORE_DEVICE(A gradient, A value, A middle, A inverse, A factor, A term, A & result) {
            const A sum = normalized(value, middle, inverse, factor, term);
            result = inverse * factor * gated(gradient, sum, A(0));
          },
          gradients, values, means, inverses, scales, shifts, writes(dx, cols));
    return for_each_element(
        stream, rows, cols,
        [=] DLCORE_DEVICE(A gradient, A value, A middle, A inverse, A factor, A term, A total, A total_x,
                          A & result) {
          const A sum = normalized(value, middle, inverse, factor, term);
          result = centred(value, middle, inverse, factor, total, total_x, gated(gradient, sum, A(0)));
        },
        gradients, values, means, inverses, scales, shifts, sums_g, sums_gx, writes(dx, cols));
  }
  if (sum_g == nullptr && dresidual == nullptr)
    return for_each_element(
        stream, rows, cols,
        [=] DLCORE_DEVICE(A gradient, A gate, A inverse, A factor, A & result) {
          result = inverse * (affine ? factor : A(1)) * gated(gradient, gate, closed);
        },
        gradients, gates, inverses, scales, writes(dx, cols));
  if (sum_g == nullptr)
    return for_each_element(
        stream, rows, cols,
        [=] DLCORE_DEVICE(A gradient, A gate, A inverse, A factor, A & result, A & g) {
          g = gated(gradient, gate, closed);
          result = inverse * (affine ? factor : A(1)) * g;
        },
        gradients, gates, inverses, scales, writes(dx, cols), writes(dresidual, cols));
  if (dresidual == nullptr)
    return for_each_element(
        stream, rows, cols,
        [=] DLCORE_DEVICE(A gradient, A gate, A value, A middle, A inverse, A factor, A total, A total_x,
                          A & result) {
          result = centred(value, middle, inverse, factor, total, total_x, gated(gradient, gate, closed));
        },
        gradients, gates, values, means, inverses, scales, sums_g, sums_gx, writes(dx, cols));
  for_each_element(
      stream, rows, cols,
      [=] DLCORE_DEVICE(A gradient, A gate, A value, A middle, A inverse, A factor, A total, A total_x,
                        A & result, A & g) {
        g = gated(gradient, gate, closed);
        result = centred(value, middle, inverse, factor, total, total_x, g);
      },
      gradients, gates, values, means, inverses, scales, sums_g, sums_gx, writes(dx, cols),
      writes(dresidual, cols));
}

template <class T>
void batch_norm_fold(const Stream& stream, const T* w, const Arithmetic<T>* running_mean,
                     const Arithmetic<T>* running_variance, const T* scale, const T* shift, double eps,
                     T* folded, T* bias, std::int64_t rows, std::int64_t cols) {
  using A = Arithmetic<T>;
  const auto factor = [=] DLCORE_DEVICE(std::int64_t r) {
    return load(scale[r]) / root(running_variance[r] + static_cast<A>(eps));
  };
  for_each(stream, rows, cols, [=] DLCORE_DEVICE(std::int64_t r, std::int64_t c) {
    store(folded[r * cols + c], load(w[r * cols + c]) * factor(r));
  });
  for_each(stream, rows, [=] DLCORE_DEVICE(std::int64_t r) {
    store(bias[r], load(shift[r]) - running_mean[r] * factor(r));
  });
}

DLCORE_INSTANTIATE(batch_norm_statistics)
DLCORE_INSTANTIATE(batch_norm_from_running)
DLCORE_INSTANTIATE(batch_norm_forward)
DLCORE_INSTANTIATE(batch_norm_backward_sums)
DLCORE_INSTANTIATE(batch_norm_backward)
DLCORE_INSTANTIATE(batch_norm_fold)

}  // namespace dlcore::kernels::DLCORE_TARGET
