// Examples to vectors.
#pragma once

#include "layers/layer.h"

namespace dlcore {

/// y[n, (c H + i) W + j] = x[n,i,j,c]: channels first, as PyTorch flattens its pictures, so that features and
/// weights are those of PyTorch's models and of CS231n's files.  x: (N, H, W, C); y: (N, C H W).
/// Examples of another rank keep their order.  x: (N, ...)
class Flatten : public Layer {
 public:
  Flatten();

  Plan plan(const Context& context, std::span<const Spec> inputs) const override;

 protected:
  void do_forward(const ForwardPass& pass) const override;
  void do_backward(const BackwardPass& pass) const override;
};

}  // namespace dlcore
