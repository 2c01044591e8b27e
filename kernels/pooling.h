// Pooling of pictures in NHWC: x (N, H, W, C), y (N, H', W', C). Positions outside of the picture take no
// part in a maximum.
#pragma once

#include "kernels/dispatch.h"
#include "kernels/window.h"

namespace dlcore::kernels {

struct PoolingExtents {
  std::int64_t n, h, w, c;    // x
  std::int64_t out_h, out_w;  // y
  Window window{};            // not looked at when adaptive
  bool adaptive = false;  // output i covers rows floor(i H / H') .. ceil((i + 1) H / H') - 1, as PyTorch's
  bool count_padding = false;  // a mean divides by the whole window, padding included
};

/// y = the largest x of each window, NaN winning; where[...] = its row * W + column, the first one of equals.
/// where: int32, like y
DLCORE_KERNEL(max_pool_forward, PoolingExtents e, const T* x, T* y, std::int32_t* where)

/// dx = the dy of every window whose largest element this is, summed; 0 elsewhere
DLCORE_KERNEL(max_pool_backward, PoolingExtents e, const std::int32_t* where, const T* dy, T* dx)

/// y = the mean of x over each window
DLCORE_KERNEL(average_pool_forward, PoolingExtents e, const T* x, T* y)

DLCORE_KERNEL(average_pool_backward, PoolingExtents e, const T* dy, T* dx)

}  // namespace dlcore::kernels
