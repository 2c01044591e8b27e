// Convolution in one body for all targets: the oracle of the vendor libraries in tests, and the route for
// element types that a library lacks on a device. Formula and shapes as in kernels/convolution.h; sums in
// double.
#pragma once

#include "kernels/convolution.h"
#include "kernels/dispatch.h"

namespace dlcore::kernels {

/// y = relu(conv(x, w) + bias + residual).  bias: (O) or null; residual: like y, or null
DLCORE_KERNEL(convolution_plain_forward, ConvolutionExtents e, const T* x, const T* w, const T* bias,
              const T* residual, bool relu, T* y)

DLCORE_KERNEL(convolution_plain_backward_data, ConvolutionExtents e, const T* dy, const T* w, T* dx)

/// dw += ...
DLCORE_KERNEL(convolution_plain_backward_weights, ConvolutionExtents e, const T* x, const T* dy, T* dw)

}  // namespace dlcore::kernels
