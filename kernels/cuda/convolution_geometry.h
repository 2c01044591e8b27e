// Where the windows of a convolution meet pictures, on a GPU.
#pragma once

#include <cstdint>

#include "kernels/window.h"

namespace dlcore::kernels::cuda {

/// Both directions as one: `source` is read, `result` written; forward these are x and y, backward dy and dx.
struct ConvolutionGeometry {
  int source_h, source_w, result_h, result_w;
  int source_group, result_group;  // channels of one group
  int source_width, result_width;  // of all groups
  std::int64_t pixels;             // of the result
  WindowAxis rows, cols;
  bool backward;
  int row_shift, col_shift;  // of strides that are powers of two

  /// Where the result's pixel `at` meets the source under tap `k` of the window; negative: nowhere.
  __device__ int meeting(const WindowAxis& axis, int at, int k, int extent) const {
    const int shift = static_cast<int>(axis.dilation) * k - static_cast<int>(axis.padding);
    const int stride = static_cast<int>(axis.stride);
    if (!backward) {
      const int place = at * stride + shift;
      return place < extent ? place : -1;
    }
    const int place = at - shift;
    if (place < 0 || place % stride != 0) return -1;
    return place / stride < extent ? place / stride : -1;
  }
  /// The same where the stride is 1 << stride_shift, without divisions.
  __device__ int meeting(const WindowAxis& axis, int stride_shift, int at, int k, int extent) const {
    const int shift = static_cast<int>(axis.dilation) * k - static_cast<int>(axis.padding);
    const int place = backward ? at - shift : (at << stride_shift) + shift;
    const int found = backward ? place >> stride_shift : place;  // of a negative one negative
    return (found << stride_shift == place || !backward) && found < extent ? found : -1;
  }
  /// The source's pixel under a window of one pixel without padding; negative: none.
  __device__ std::int64_t under(int pixel) const {
    if (rows.stride == 1 && cols.stride == 1) return pixel;
    const int line = pixel / result_w;
    const int i = meeting(rows, row_shift, line % result_h, 0, source_h);
    const int j = meeting(cols, col_shift, pixel % result_w, 0, source_w);
    if ((i | j) < 0) return -1;
    return (std::int64_t{line / result_h} * source_h + i) * source_w + j;
  }
};

/// The gradient of the weights.
struct WeightGeometry {
  int h, w, out_h, out_w;
  int in_group, out_group, in_width, out_width;
  std::int64_t pixels;  // of dy
  WindowAxis rows, cols;

  __device__ int taps() const { return static_cast<int>(rows.kernel * cols.kernel); }
  __device__ int of_group() const { return taps() * in_group * out_group; }
  /// The pixel of x under a window of one pixel without padding.
  __device__ std::int64_t under(int pixel) const {
    if (rows.stride == 1 && cols.stride == 1) return pixel;
    const int line = pixel / out_w;
    return (std::int64_t{line / out_h} * h + line % out_h * rows.stride) * w + pixel % out_w * cols.stride;
  }
};

}  // namespace dlcore::kernels::cuda
