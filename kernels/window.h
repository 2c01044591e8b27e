// A window that moves over a picture, of a convolution or of pooling. Member functions are not inline: kernel
// files include this header, and code outside of their namespaces must not be compiled for their instruction
// sets.
#pragma once

#include <cstdint>

namespace dlcore::kernels {

/// The window at output position o covers the inputs o * stride - padding + k * dilation, k = 0 .. kernel-1;
/// positions outside of the picture are left out.
struct WindowAxis {
  std::int64_t kernel = 1;
  std::int64_t stride = 1;
  std::int64_t padding = 0;  // on each side
  std::int64_t dilation = 1;

  /// Output positions over an axis of n inputs; 0 where the window does not fit.
  std::int64_t outputs(std::int64_t n) const;

  friend bool operator==(const WindowAxis&, const WindowAxis&) = default;
};

/// One axis for rows, one for columns of a picture.
struct Window {
  WindowAxis vertical, horizontal;

  friend bool operator==(const Window&, const Window&) = default;
};

}  // namespace dlcore::kernels
