#include "layers/flatten.h"

#include "core/format.h"
#include "kernels/channels.h"

namespace dlcore {

Flatten::Flatten() : Layer("Flatten") {}

Plan Flatten::plan(const Context&, std::span<const Spec> inputs) const {
  expect_inputs(inputs, 1);
  const Shape& x = inputs[0].shape;
  require(x.rank() == 4, "layer Flatten: expected pictures [N, H, W, C], not {}", x);
  return {.outputs = {{{x[0], x[1] * x[2] * x[3]}, inputs[0].type}}, .backward_reads_inputs = false};
}

void Flatten::do_forward(const ForwardPass& pass) const {
  const Shape& x = pass.inputs[0].shape();
  kernels::transpose(pass.context.stream, pass.inputs[0], pass.outputs[0], false, x[0], x[1] * x[2], x[3]);
}

void Flatten::do_backward(const BackwardPass& pass) const {
  if (!pass.input_gradients[0].defined()) return;
  const Shape& x = pass.input_gradients[0].shape();
  kernels::transpose(pass.context.stream, pass.output_gradients[0], pass.input_gradients[0], false, x[0],
                     x[3], x[1] * x[2]);
}

}  // namespace dlcore
