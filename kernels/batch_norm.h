// Batch normalisation over the rows of a matrix: pictures (N, H, W, C) are N H W rows of C channels.
// Ioffe & Szegedy, "Batch Normalization", 2015; variances and running statistics as PyTorch's BatchNorm2d.
//
//     xhat = (x - mean) * inverse_deviation      y = relu(xhat * scale + shift + residual)
#pragma once

#include "kernels/dispatch.h"

namespace dlcore::kernels {

/// mean[c] and inverse_deviation[c] = 1 / sqrt(variance + eps) over the rows, the variance being divided by
/// rows; and running := (1 - momentum) running + momentum (mean, rows / (rows - 1) variance).
/// x: (rows, cols), rows >= 2; all others: (cols)
DLCORE_KERNEL(batch_norm_statistics, const T* x, Arithmetic<T>* mean, Arithmetic<T>* inverse_deviation,
              Arithmetic<T>* running_mean, Arithmetic<T>* running_variance, double eps, double momentum,
              std::int64_t rows, std::int64_t cols)

/// The same two from the running statistics.  All: (cols)
DLCORE_KERNEL(batch_norm_from_running, const Arithmetic<T>* running_mean,
              const Arithmetic<T>* running_variance, Arithmetic<T>* mean, Arithmetic<T>* inverse_deviation,
              double eps, std::int64_t cols)

/// y as above.  scale, shift: (cols) or null for 1 and 0; residual: (rows, cols) or null; y may be x
DLCORE_KERNEL(batch_norm_forward, const T* x, const Arithmetic<T>* mean,
              const Arithmetic<T>* inverse_deviation, const T* scale, const T* shift, const T* residual,
              bool relu, T* y, std::int64_t rows, std::int64_t cols)

/// With g = dy, or 0 where relu and y = 0: sum_g[c] = sum over rows of g, sum_gx[c] = sum of g xhat; and
/// dscale += sum_gx, dshift += sum_g.  y is read only where relu, and may be null where there are scale
/// and shift and was no residual: to compute it anew takes less than to read it.  scale, shift, dscale,
/// dshift: (cols) or null
DLCORE_KERNEL(batch_norm_backward_sums, const T* x, const Arithmetic<T>* mean,
              const Arithmetic<T>* inverse_deviation, const T* scale, const T* shift, const T* y, const T* dy,
              bool relu, Arithmetic<T>* sum_g, Arithmetic<T>* sum_gx, T* dscale, T* dshift, std::int64_t rows,
              std::int64_t cols)

/// dx = scale inverse_deviation (g - (sum_g + xhat sum_gx) / rows), or without the second term where the
/// statistics are not the batch's (sum_g null); dresidual = g.  y, scale, shift: as above; dx, dresidual:
/// (rows, cols) or null, dresidual where y is; dx may be dy or x
DLCORE_KERNEL(batch_norm_backward, const T* x, const Arithmetic<T>* mean,
              const Arithmetic<T>* inverse_deviation, const T* scale, const T* shift, const T* y, const T* dy,
              bool relu, const Arithmetic<T>* sum_g, const Arithmetic<T>* sum_gx, T* dx, T* dresidual,
              std::int64_t rows, std::int64_t cols)

/// A convolution with weights w and no bias, followed by normalisation with running statistics, is one with
///     folded[o, k] = w[o, k] scale[o] inverse_deviation[o],  bias[o] = shift[o] - mean[o] scale[o]
///     inverse_deviation[o]
/// w, folded: (rows, cols), a row per output channel; all others: (rows)
DLCORE_KERNEL(batch_norm_fold, const T* w, const Arithmetic<T>* running_mean,
              const Arithmetic<T>* running_variance, const T* scale, const T* shift, double eps, T* folded,
              T* bias, std::int64_t rows, std::int64_t cols)

}  // namespace dlcore::kernels
