// Convolution of pictures in NHWC: on the CPU by oneDNN, as a matrix product where the window is one pixel;
// on the GPU by kernels of ours where groups are narrow or, in float32, windows are one pixel or a few
// numbers, by cuBLASLt where other windows are one pixel, else by cuDNN; by convolution_plain for an element
// type that the library lacks (float64; bfloat16 on a CPU without AVX-512). float32 has its precision
// everywhere, nothing is rounded to TF32; but on the GPU what an infinite number goes into may be NaN.
//
//     y[n,i,j,o] = sum over a,b,c of x[n, i s - p + a d, j s - p + b d, g C/G + c] w[o,c,a,b] + bias[o]
//
// with g = o / (O/G) the group of output channel o. Pictures: x (N, H, W, C), y (N, H', W', O). Weights are
// stored as PyTorch's: w (O, C/G, kernel height, kernel width).
#pragma once

#include <memory>

#include "core/stream.h"
#include "core/tensor.h"
#include "kernels/window.h"

namespace dlcore::kernels {

struct ConvolutionExtents {
  std::int64_t n, h, w, c;  // x
  std::int64_t out;         // O
  std::int64_t groups = 1;  // divides c and out
  Window window{};

  std::int64_t out_h() const;
  std::int64_t out_w() const;
  Shape input_shape() const;   // (N, H, W, C)
  Shape output_shape() const;  // (N, H', W', O)
  Shape weight_shape() const;  // (O, C/G, kernel height, kernel width)
  /// Floating-point operations of one pass (forward, or either half of backward), padding included.
  double flop() const;

  friend bool operator==(const ConvolutionExtents&, const ConvolutionExtents&) = default;
};

/// Weights that stay as they are for many calls, beside the layouts that the vendor library made of them on
/// first use. Several threads may use one.
class ConstantWeights {
 public:
  explicit ConstantWeights(Tensor weight);
  ConstantWeights(const ConstantWeights&) = delete;
  ConstantWeights& operator=(const ConstantWeights&) = delete;

  const Tensor& weight() const { return weight_; }

  struct Layouts {  // the library's own derives from it
    virtual ~Layouts() = default;
  };
  Layouts& layouts() const { return *layouts_; }

 private:
  Tensor weight_;
  std::unique_ptr<Layouts> layouts_;
};

/// What happens to the sums before they are written: y = relu(conv + bias + residual).
struct ConvolutionEpilogue {
  Tensor bias{};      // (O), or undefined
  Tensor residual{};  // like y; on the CPU also y itself, which holds it before; or undefined
  bool relu = false;
};

/// Throws Error when the tensors do not fit the extents. Outputs are overwritten.
void convolution_forward(const Stream& stream, const ConvolutionExtents& extents, const Tensor& x,
                         const Tensor& w, const Tensor& y, const ConvolutionEpilogue& epilogue = {});
void convolution_forward(const Stream& stream, const ConvolutionExtents& extents, const Tensor& x,
                         const ConstantWeights& w, const Tensor& y, const ConvolutionEpilogue& epilogue = {});

/// dx from dy; overwritten.
void convolution_backward_data(const Stream& stream, const ConvolutionExtents& extents, const Tensor& dy,
                               const Tensor& w, const Tensor& dx);

/// dw += what x and dy give.
void convolution_backward_weights(const Stream& stream, const ConvolutionExtents& extents, const Tensor& x,
                                  const Tensor& dy, const Tensor& dw);

}  // namespace dlcore::kernels
