// Row and column reductions of a matrix x: (rows, cols), and the norm of a flat buffer. Every sum is added in
// an order that depends on the sizes alone, so that it repeats bit for bit.
#pragma once

#include "kernels/dispatch.h"

namespace dlcore::kernels {

/// y[c] = sum over r of x[r,c] (accumulate: y[c] += ...): a bias gradient.  y: (cols)
DLCORE_KERNEL(column_sum, const T* x, T* y, bool accumulate, std::int64_t rows, std::int64_t cols)

/// y[r] = sum over c of x[r,c];  y[r] = max over c.  y: (rows)
DLCORE_KERNEL(row_sum, const T* x, T* y, std::int64_t rows, std::int64_t cols)
DLCORE_KERNEL(row_max, const T* x, T* y, std::int64_t rows, std::int64_t cols)

/// index[r] = the smallest c for which x[r,c] is largest.  index: (rows) int32
DLCORE_KERNEL(row_arg_max, const T* x, std::int32_t* index, std::int64_t rows, std::int64_t cols)

/// Elements that sum_of_squares needs as scratch, in double.
inline constexpr std::int64_t sum_of_squares_parts = 1024;

/// total[0] = sum of x[i]^2, added in double.  x: (n); parts: (sum_of_squares_parts) double, overwritten;
/// total: (1) double
DLCORE_KERNEL(sum_of_squares, const T* x, double* parts, double* total, std::int64_t n)

}  // namespace dlcore::kernels
