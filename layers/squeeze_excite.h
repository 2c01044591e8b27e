// Channel attention.
#pragma once

#include "layers/layer.h"

namespace dlcore {

/// y[n,i,j,c] = x[n,i,j,c] gate[n,c],  gate = sigmoid(W2 relu(W1 mean(x) + b1) + b2), the mean over pixels.
/// Hu et al., "Squeeze-and-Excitation Networks", 2018.
///
/// x, y: (N, H, W, C). Parameters have the names and shapes of torchvision's SqueezeExcitation: "fc1.weight"
/// (S, C, 1, 1), "fc1.bias" (S), "fc2.weight" (C, S, 1, 1), "fc2.bias" (C); initially as layers/conv2d.h
/// says.
class SqueezeExcite : public Layer {
 public:
  SqueezeExcite(std::int64_t channels, std::int64_t squeezed);

  Plan plan(const Context& context, std::span<const Spec> inputs) const override;

 protected:
  void do_forward(const ForwardPass& pass) const override;
  void do_backward(const BackwardPass& pass) const override;

 private:
  std::int64_t channels_, squeezed_;
};

}  // namespace dlcore
