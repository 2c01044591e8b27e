// y = x W + b
#pragma once

#include "layers/layer.h"

namespace dlcore {

/// x: (..., in), y: (..., out); W "weight": (in, out), b "bias": (out).
/// dx = dy W^T;  dW += x^T dy;  db += column sums of dy.
/// Initially W = randn / sqrt(in), b = 0.
class Linear : public Layer {
 public:
  Linear(std::int64_t in, std::int64_t out);

  Plan plan(const Context& context, std::span<const Spec> inputs) const override;

 protected:
  void do_forward(const ForwardPass& pass) const override;
  void do_backward(const BackwardPass& pass) const override;

 private:
  std::int64_t in_, out_;
};

}  // namespace dlcore
