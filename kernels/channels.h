// Operations on pictures that work on their channels or change their layout.
#pragma once

#include "kernels/dispatch.h"

namespace dlcore::kernels {

/// y[n,c,s] = x[n,s,c] (accumulate: y += ...): pictures (N, H, W, C) to (N, C, H, W), S = H W; weights
/// likewise.  x: (N, S, C); y: (N, C, S)
DLCORE_KERNEL(channels_first, const T* x, T* y, bool accumulate, std::int64_t N, std::int64_t S,
              std::int64_t C)

/// y[n,s,c] = x[n,c,s] (accumulate: y += ...), the way back.  x: (N, C, S); y: (N, S, C)
DLCORE_KERNEL(channels_last, const T* x, T* y, bool accumulate, std::int64_t N, std::int64_t S,
              std::int64_t C)

/// y[n,s,c] = x[n,s,c] gate[n,c].  x, y: (N, S, C), y may be x; gate: (N, C)
DLCORE_KERNEL(scale_channels, const T* x, const T* gate, T* y, std::int64_t N, std::int64_t S, std::int64_t C)

/// dgate[n,c] = sum over s of dy[n,s,c] x[n,s,c].  dgate: (N, C)
DLCORE_KERNEL(scale_channels_backward_gate, const T* x, const T* dy, T* dgate, std::int64_t N, std::int64_t S,
              std::int64_t C)

/// dx[n,s,c] = dy[n,s,c] gate[n,c] + dmean[n,c] / S: back through scale_channels and the mean.  dx may be dy
DLCORE_KERNEL(scale_channels_backward, const T* dy, const T* gate, const T* dmean, T* dx, std::int64_t N,
              std::int64_t S, std::int64_t C)

}  // namespace dlcore::kernels
