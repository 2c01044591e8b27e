#include "layers/last_step.h"

#include "core/format.h"
#include "kernels/channels.h"

namespace dlcore {

LastStep::LastStep() : Layer("LastStep") {}

Plan LastStep::plan(const Context&, std::span<const Spec> inputs) const {
  expect_inputs(inputs, 1);
  const Shape& x = inputs[0].shape;
  require(x.rank() == 3 && x[1] > 0, "layer LastStep: expected sequences [N, T, C], not {}", x);
  return {.outputs = {{{x[0], x[2]}, inputs[0].type}}, .backward_reads_inputs = false};
}

void LastStep::do_forward(const ForwardPass& pass) const {
  const Shape& x = pass.inputs[0].shape();
  kernels::take_last(pass.context.stream, pass.inputs[0], pass.outputs[0], x[0], x[1], x[2]);
}

void LastStep::do_backward(const BackwardPass& pass) const {
  if (!pass.input_gradients[0].defined()) return;
  const Shape& x = pass.input_gradients[0].shape();
  kernels::take_last_backward(pass.context.stream, pass.output_gradients[0], pass.input_gradients[0], x[0],
                              x[1], x[2]);
}

}  // namespace dlcore
