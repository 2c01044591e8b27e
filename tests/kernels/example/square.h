// The kernel that CONTRIBUTING.md shows.
#pragma once

#include "kernels/dispatch.h"

namespace dlcore::kernels {

/// y[i] = x[i]^2.   dx[i] = 2 x[i] dy[i].   x, y, dy, dx: (n); y may be x, dx may be dy
DLCORE_KERNEL(square_forward, const T* x, T* y, std::int64_t n)
DLCORE_KERNEL(square_backward, const T* x, const T* dy, T* dx, std::int64_t n)

}  // namespace dlcore::kernels
