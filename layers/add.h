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
  void do_forward(const Context& context, Tensors inputs, Tensors outputs, Tensors cache,
                  Tensors workspace) const override;
  void do_backward(const Context& context, Tensors inputs, Tensors outputs, Tensors output_gradients,
                   Tensors input_gradients, Tensors cache, Tensors workspace) const override;
};

}  // namespace dlcore
