// ReLU, Tanh and Sigmoid.
#pragma once

#include "layers/layer.h"

namespace dlcore {

/// One of the element-wise functions of kernels/activation.h: y = f(x), dx = dy f'(x) computed from y.
class Activation : public Layer {
 public:
  enum class Kind : unsigned char { relu, tanh, sigmoid };
  explicit Activation(Kind kind);

  Plan plan(const Context& context, std::span<const Spec> inputs) const override;

 protected:
  void do_forward(const ForwardPass& pass) const override;
  void do_backward(const BackwardPass& pass) const override;

 private:
  Kind kind_;
};

}  // namespace dlcore
