// Softmax and cross-entropy over the rows of x: (rows, cols), each shifted by its maximum so that nothing
// overflows.
#pragma once

#include "kernels/dispatch.h"

namespace dlcore::kernels {

/// y[r,c] = exp(x[r,c]) / sum over c of exp(x[r,c]); y may be x
DLCORE_KERNEL(softmax_forward, const T* x, T* y, std::int64_t rows, std::int64_t cols)

/// dx[r,c] = y[r,c] (dy[r,c] - sum over c of dy[r,c] y[r,c]); dx may be dy
DLCORE_KERNEL(softmax_backward, const T* y, const T* dy, T* dx, std::int64_t rows, std::int64_t cols)

/// As ignore_index: no target is ignored.
inline constexpr std::int64_t ignore_nothing = -(std::int64_t{1} << 40);

/// losses[r] = log(sum over c of exp(x[r,c])) - x[r, target[r]], and 0 where target[r] is ignore_index. A
/// target that is neither ignored nor in 0..cols-1 gives NaN.  target: (rows) int32; losses: (rows)
DLCORE_KERNEL(cross_entropy_forward, const T* x, const std::int32_t* target, Arithmetic<T>* losses,
              std::int64_t ignore_index, std::int64_t rows, std::int64_t cols)

/// The same losses, and in the same pass their gradient dx[r,c] = scale (softmax(x)[r,c] - [c = target[r]]),
/// which is 0 for an ignored row. With `smoothing` e the target is 1 - e of the words' distribution and all
/// of them share e: x[r, target[r]] and [c = target[r]] become (1 - e) times themselves plus e times the mean
/// of x[r,:], and e / cols. Source: Szegedy et al., CVPR 2016, as in PyTorch. Loss and gradient of row r are
/// multiplied by weight[r].  weight: (rows) or null for ones; dx: (rows, cols), may be x
DLCORE_KERNEL(cross_entropy_gradient, const T* x, const std::int32_t* target, const Arithmetic<T>* weight,
              Arithmetic<T>* losses, T* dx, std::int64_t ignore_index, double smoothing, double scale,
              std::int64_t rows, std::int64_t cols)

/// total[0] = scale * sum of losses, added in double (accumulate: added to what is there).  losses: (n);
/// total: (1)
DLCORE_KERNEL(sum_losses, const T* losses, T* total, double scale, bool accumulate, std::int64_t n)

}  // namespace dlcore::kernels
