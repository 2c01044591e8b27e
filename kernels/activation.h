// Element-wise activations. x, y, dy, dx: (n). Backward reads the output y, never the input, so a forward may
// be done in place; input gradients are overwritten, and dx may be dy.
#pragma once

#include "kernels/dispatch.h"

namespace dlcore::kernels {

/// y = max(x, 0); NaN stays NaN.   dx = 0 where y <= 0, else dy.
DLCORE_KERNEL(relu_forward, const T* x, T* y, std::int64_t n)
DLCORE_KERNEL(relu_backward, const T* y, const T* dy, T* dx, std::int64_t n)

/// y = tanh(x).   dx = dy (1 - y^2).
DLCORE_KERNEL(tanh_forward, const T* x, T* y, std::int64_t n)
DLCORE_KERNEL(tanh_backward, const T* y, const T* dy, T* dx, std::int64_t n)

/// y = 1 / (1 + exp(-x)).   dx = dy y (1 - y).
DLCORE_KERNEL(sigmoid_forward, const T* x, T* y, std::int64_t n)
DLCORE_KERNEL(sigmoid_backward, const T* y, const T* dy, T* dx, std::int64_t n)

}  // namespace dlcore::kernels
