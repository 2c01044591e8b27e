// Convolution of pictures.
#pragma once

#include "kernels/convolution.h"
#include "layers/layer.h"

namespace dlcore {

/// What a convolution is, apart from the pictures' extents.
struct ConvolutionShape {
  std::int64_t in, out;  // channels
  std::int64_t groups = 1;
  kernels::Window window{};

  /// Throws Error that names the layer when it is impossible.
  void check(const std::string& layer) const;
  /// For pictures (N, H, W, in). Throws Error that names the layer when they do not suit it.
  kernels::ConvolutionExtents extents(const std::string& layer, const Shape& pictures) const;
  /// (out, in/groups, kernel height, kernel width), PyTorch's layout. Initially of deviation
  /// sqrt(2 / (kernel height x kernel width x out)): He et al., "Delving Deep into Rectifiers", 2015, fan
  /// out.
  Parameter weight(const std::string& name) const;
};

/// y = conv(x, W) + b (kernels/convolution.h).  x: (N, H, W, in), y: (N, H', W', out); W "weight" as above, b
/// "bias": (out), initially 0.
/// dx, dW: the transposed convolutions; db += sums of dy over pictures and pixels.
class Conv2d : public Layer {
 public:
  Conv2d(const ConvolutionShape& shape, bool bias);

  Plan plan(const Context& context, std::span<const Spec> inputs) const override;

 protected:
  void do_forward(const ForwardPass& pass) const override;
  void do_backward(const BackwardPass& pass) const override;

 private:
  ConvolutionShape shape_;
};

}  // namespace dlcore
