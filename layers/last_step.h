// What a sequence comes to.
#pragma once

#include "layers/layer.h"

namespace dlcore {

/// y[n, c] = x[n, T - 1, c]: the last step of sequences of one length, behind a recurrent layer for instance.
/// x: (N, T, C), T at least 1; y: (N, C)
class LastStep : public Layer {
 public:
  LastStep();

  Plan plan(const Context& context, std::span<const Spec> inputs) const override;

 protected:
  void do_forward(const ForwardPass& pass) const override;
  void do_backward(const BackwardPass& pass) const override;
};

}  // namespace dlcore
