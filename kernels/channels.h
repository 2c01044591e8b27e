// Operations on pictures and sequences that work on their channels or change their layout.
#pragma once

#include "kernels/dispatch.h"

namespace dlcore::kernels {

/// y[n,c,r] = x[n,r,c] (accumulate: y += ...). Pictures (N, H, W, C) become (N, C, H, W) with R = H W, and
/// these come back with the extents exchanged; weights likewise.  x: (N, R, C); y: (N, C, R)
DLCORE_KERNEL(transpose, const T* x, T* y, bool accumulate, std::int64_t N, std::int64_t R, std::int64_t C)

/// y[b,a,c] = x[a,b,c]: sequences (N, T, C) become steps (T, N, C), and these come back.  x: (A, B, C); y:
/// (B, A, C)
DLCORE_KERNEL(exchange_leading, const T* x, T* y, std::int64_t A, std::int64_t B, std::int64_t C)

/// y[n,c] = x[n,T-1,c], and back: dx[n,t,c] = dy[n,c] of the last step, 0 of the others.
/// x, dx: (N, T, C); y, dy: (N, C)
DLCORE_KERNEL(take_last, const T* x, T* y, std::int64_t N, std::int64_t steps, std::int64_t C)
DLCORE_KERNEL(take_last_backward, const T* dy, T* dx, std::int64_t N, std::int64_t steps, std::int64_t C)

/// y[n,s,c] = x[n,s,c] gate[n,c].  x, y: (N, S, C), y may be x; gate: (N, C)
DLCORE_KERNEL(scale_channels, const T* x, const T* gate, T* y, std::int64_t N, std::int64_t S, std::int64_t C)

/// dgate[n,c] = sum over s of dy[n,s,c] x[n,s,c].  dgate: (N, C)
DLCORE_KERNEL(scale_channels_backward_gate, const T* x, const T* dy, T* dgate, std::int64_t N, std::int64_t S,
              std::int64_t C)

/// dx[n,s,c] = dy[n,s,c] gate[n,c] + dmean[n,c] / S: back through scale_channels and the mean.  dx may be dy
DLCORE_KERNEL(scale_channels_backward, const T* dy, const T* gate, const T* dmean, T* dx, std::int64_t N,
              std::int64_t S, std::int64_t C)

}  // namespace dlcore::kernels
