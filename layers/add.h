// The sum of two values.
#pragma once

#include "layers/layer.h"

namespace dlcore {

/// y = a + b, of one shape; da = db = dy.
class Add : public Layer {
 public:
  Add();

  Plan plan(const Context& context, std::span<const Spec> inputs) const override;

 protected:
  void do_forward(const ForwardPass& pass) const override;
  void do_backward(const BackwardPass& pass) const override;
};

}  // namespace dlcore
