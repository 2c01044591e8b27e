// Losses of numbers, and their gradients. x: (rows, cols); target: like x, either of x's type or in the
// arithmetic's, the pointer of the other kind being null; losses: (rows), a row's sum.
//
// Gradients are those of `scale` times the sum of all losses, times upstream[0]; dx and the target's, dtarget
// or exact_dtarget, are overwritten, and null where they are not wanted. upstream: (1)
#pragma once

#include "kernels/dispatch.h"

namespace dlcore::kernels {

/// losses[r] = sum over c of (x[r,c] - target[r,c])^2
DLCORE_KERNEL(squared_loss, const T* x, const T* target, const Arithmetic<T>* exact_target,
              Arithmetic<T>* losses, std::int64_t rows, std::int64_t cols)

/// dx[i] = 2 scale upstream[0] (x[i] - target[i]);  dtarget[i] = -dx[i].  n elements
DLCORE_KERNEL(squared_loss_gradient, const T* x, const T* target, const Arithmetic<T>* exact_target,
              const Arithmetic<T>* upstream, double scale, T* dx, T* dtarget, Arithmetic<T>* exact_dtarget,
              std::int64_t n)

/// losses[r] = sum over c of log(1 + exp(x[r,c])) - target[r,c] x[r,c]: the cross-entropy of sigmoid(x) and a
/// target in [0, 1], without overflow. A target outside gives NaN.
DLCORE_KERNEL(binary_loss, const T* x, const T* target, const Arithmetic<T>* exact_target,
              Arithmetic<T>* losses, std::int64_t rows, std::int64_t cols)

/// dx[i] = scale upstream[0] (sigmoid(x[i]) - target[i]);  dtarget[i] = -scale upstream[0] x[i].  n elements
DLCORE_KERNEL(binary_loss_gradient, const T* x, const T* target, const Arithmetic<T>* exact_target,
              const Arithmetic<T>* upstream, double scale, T* dx, T* dtarget, Arithmetic<T>* exact_dtarget,
              std::int64_t n)

}  // namespace dlcore::kernels
