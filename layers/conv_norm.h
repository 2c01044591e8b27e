// Convolution, batch normalisation, residual and ReLU in one layer: what convolutional networks are made of.
#pragma once

#include <memory>

#include "layers/batch_norm.h"
#include "layers/conv2d.h"

namespace dlcore {

/// y = relu(batchnorm(conv(x, W)) + residual), the residual being an optional second input.
///
/// x: (N, H, W, in); y, residual: (N, H', W', out). Parameters have the names of torchvision's
/// Conv2dNormActivation: "0.weight" of the convolution (layers/conv2d.h), "1.weight", "1.bias",
/// "1.running_mean" and "1.running_var" of the normalisation (layers/batch_norm.h). Frozen, the normalisation
/// with running statistics is folded into the convolution's weights, and the rest is done as its sums are
/// written.
class ConvNorm : public Layer {
 public:
  /// norm.channels is taken from the convolution.
  ConvNorm(const ConvolutionShape& convolution, BatchNormSettings norm);

  Plan plan(const Context& context, std::span<const Spec> inputs) const override;
  void freeze(const Stream& stream) override;
  void thaw() override;

 protected:
  void do_forward(const ForwardPass& pass) const override;
  void do_backward(const BackwardPass& pass) const override;

 private:
  std::span<const Parameter> norm_parameters() const { return std::span(parameters_).subspan(1); }

  ConvolutionShape convolution_;
  BatchNormPass norm_;
  std::unique_ptr<kernels::ConstantWeights> folded_;  // while frozen
  Tensor folded_bias_;
};

}  // namespace dlcore
