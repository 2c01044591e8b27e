#include "layers/window_attributes.h"

#include "core/error.h"

namespace dlcore {

kernels::Window window_of(const Attributes& a, bool stride_is_kernel) {
  kernels::Window window;
  kernels::WindowAxis& v = window.vertical;
  kernels::WindowAxis& h = window.horizontal;
  v.kernel = a.integer("kernel");
  v.stride = a.integer("stride", stride_is_kernel ? v.kernel : 1);
  v.padding = a.integer("padding", 0);
  v.dilation = a.integer("dilation", 1);
  h.kernel = a.integer("kernel_w", v.kernel);
  h.stride = a.integer("stride_w", stride_is_kernel && h.kernel != v.kernel ? h.kernel : v.stride);
  h.padding = a.integer("padding_w", v.padding);
  h.dilation = a.integer("dilation_w", v.dilation);
  return window;
}

void check_window(const std::string& layer, const kernels::Window& window) {
  for (const kernels::WindowAxis& axis : {window.vertical, window.horizontal})
    require(axis.kernel > 0 && axis.stride > 0 && axis.padding >= 0 && axis.dilation > 0,
            "layer {}: expected kernel, stride and dilation to be positive and padding not negative, not "
            "kernel={}, "
            "stride={}, padding={}, dilation={}",
            layer, axis.kernel, axis.stride, axis.padding, axis.dilation);
}

}  // namespace dlcore
