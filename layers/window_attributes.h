// How a layer's attributes describe a window (kernels/window.h).
#pragma once

#include "kernels/window.h"
#include "layers/attributes.h"

namespace dlcore {

/// From the integers kernel, stride (1, or `kernel` where stride_is_kernel), padding (0) and dilation (1) for
/// both axes; kernel_w, stride_w, padding_w and dilation_w for columns where these differ.
kernels::Window window_of(const Attributes& attributes, bool stride_is_kernel = false);

/// Throws Error that names the layer when a window is impossible.
void check_window(const std::string& layer, const kernels::Window& window);

}  // namespace dlcore
