// Element-wise operations on whole tensors and on rows.
#pragma once

#include "kernels/dispatch.h"

namespace dlcore::kernels {

/// x[i] = value
DLCORE_KERNEL(fill, T* x, double value, std::int64_t n)

/// y[i] = a[i] + b[i]; y may be a or b
DLCORE_KERNEL(add, const T* a, const T* b, T* y, std::int64_t n)

/// y[i] = a[i] b[i]; y may be a or b
DLCORE_KERNEL(multiply, const T* a, const T* b, T* y, std::int64_t n)

/// y[i] += alpha x[i]
DLCORE_KERNEL(axpy, double alpha, const T* x, T* y, std::int64_t n)

/// x[i] := x[i], or limit with its sign where it is larger; NaN stays NaN
DLCORE_KERNEL(clip_values, T* x, double limit, std::int64_t n)

/// y[i] += part (x[i] - y[i]): one step of a running mean
DLCORE_KERNEL(approach, double part, const T* x, T* y, std::int64_t n)

/// a[i], b[i] := b[i], a[i]
DLCORE_KERNEL(exchange, T* a, T* b, std::int64_t n)

/// y[i] = factor x[i] (accumulate: y[i] += factor x[i]), the factor being one number on the device.
/// x, y: (n), y may be x; factor: (1)
DLCORE_KERNEL(scale_by, const T* x, const Arithmetic<T>* factor, T* y, bool accumulate, std::int64_t n)

/// y[r,c] = x[r,c] + bias[c].  x, y: (rows, cols), y may be x; bias: (cols)
DLCORE_KERNEL(add_bias, const T* x, const T* bias, T* y, std::int64_t rows, std::int64_t cols)

/// y[r,c] := relu(y[r,c] + bias[c] + residual[r,c]): what follows a product whose library does not do it.
/// y: (rows, cols); bias: (cols) or null; residual: (rows, cols) or null; NaN stays NaN
DLCORE_KERNEL(epilogue, const T* bias, const T* residual, bool relu, T* y, std::int64_t rows,
              std::int64_t cols)

/// y[r, k] = (x[r, k] - mean[c]) * inverse_deviation[c] with c = k / spatial: features to zero mean and unit
/// deviation per channel.  x, y: (rows, channels * spatial); mean, inverse_deviation: (channels)
DLCORE_KERNEL(standardize, const T* x, const Arithmetic<T>* mean, const Arithmetic<T>* inverse_deviation,
              T* y, std::int64_t rows, std::int64_t channels, std::int64_t spatial)

/// dx[r, k] = dy[r, k] * inverse_deviation[k / spatial]
DLCORE_KERNEL(standardize_backward, const T* dy, const Arithmetic<T>* inverse_deviation, T* dx,
              std::int64_t rows, std::int64_t channels, std::int64_t spatial)

}  // namespace dlcore::kernels
