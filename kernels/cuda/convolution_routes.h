// What the routes of convolutions through kernels of ours share, and those of them that are for some groups
// only.
#pragma once

#include <bit>

#include "kernels/convolution.h"
#include "kernels/cuda/convolution_geometry.h"

namespace dlcore::kernels::cuda {

/// Strides that kernels for tensor cores divide by without a division.
inline bool has_powers_of_two(const Window& window) {
  return std::has_single_bit(static_cast<std::uint64_t>(window.vertical.stride)) &&
         std::has_single_bit(static_cast<std::uint64_t>(window.horizontal.stride));
}

inline ConvolutionGeometry geometry_of(const ConvolutionExtents& e, bool backward) {
  const auto number = [](std::int64_t value) { return static_cast<int>(value); };
  const int in = number(e.c / e.groups), out = number(e.out / e.groups);
  const int h = number(e.h), w = number(e.w), out_h = number(e.out_h()), out_w = number(e.out_w());
  const auto& [rows, cols] = e.window;
  const auto shift = [](const WindowAxis& axis) {
    return std::countr_zero(static_cast<std::uint64_t>(axis.stride));
  };
  const int down = shift(rows), across = shift(cols);
  if (backward)
    return {out_h,       out_w,       h,    w,    out,  in,   number(e.out),
            number(e.c), e.n * h * w, rows, cols, true, down, across};
  return {h,    w,    out_h, out_w, in,    out, number(e.c), number(e.out), e.n * out_h * out_w,
          rows, cols, false, down,  across};
}

inline WeightGeometry weight_geometry_of(const ConvolutionExtents& e) {
  const auto number = [](std::int64_t value) { return static_cast<int>(value); };
  return {number(e.h),
          number(e.w),
          number(e.out_h()),
          number(e.out_w()),
          number(e.c / e.groups),
          number(e.out / e.groups),
          number(e.c),
          number(e.out),
          e.n * e.out_h() * e.out_w(),
          e.window.vertical,
          e.window.horizontal};
}

/// Groups of channels on tensor cores, of float32 and bfloat16: forward or to the gradient of x, and to that
/// of the weights. Each returns false where it is not for such groups; what every kernel for groups needs of
/// the extents is checked already.
bool grouped_product(const Stream& stream, const ConvolutionGeometry& g, std::int64_t groups,
                     const Tensor& source, const Tensor& weight, const ConvolutionEpilogue& epilogue,
                     const Tensor& result);
bool grouped_product_weights(const Stream& stream, const WeightGeometry& g, std::int64_t groups,
                             const Tensor& x, const Tensor& dy, const Tensor& dw);

}  // namespace dlcore::kernels::cuda
