// The arg-max of matrix products in few operations. Products of rounded rows run at twice the rate or more;
// with a bound of what the rounding did, they say which columns can hold the largest value, few of a
// thousand; these alone are computed in full. The result is that of the full products.
//
// With x^ = x rounded:  |h . w - h^ . w^| <= |h - h^| |w^| + |h| |w - w^|  (Cauchy and Schwarz), to which
// come the rounding of the sums and of their results.
#pragma once

#include "kernels/dispatch.h"

namespace dlcore::kernels {

/// y = x rounded to bfloat16; norm[r] = |x[r]| and error[r] = |x[r] - y[r]|, Euclidean.
/// x, y: (rows, cols); norm, error: (rows)
DLCORE_KERNEL(round_rows, const T* x, bfloat16* y, float* norm, float* error, std::int64_t rows,
              std::int64_t cols)

/// index[r] = the smallest c for which h[r] . w[c] + bias[c] is largest, summed in double; NaN is passed
/// over, 0 where there is nothing else.  h: (n, H); w: (V, H); bias: (V); approximate: (n, V), the products
/// of rounded h and w; h_norm, h_error: (n) and w_norm, w_error: (V) of round_rows; index: (n) int32
DLCORE_KERNEL(screened_arg_max, const T* h, const T* w, const T* bias, const bfloat16* approximate,
              const float* h_norm, const float* h_error, const float* w_norm, const float* w_error,
              std::int32_t* index, std::int64_t n, std::int64_t V, std::int64_t H)

}  // namespace dlcore::kernels
