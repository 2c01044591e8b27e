#include "layers/add.h"

#include "core/format.h"
#include "kernels/elementwise.h"

namespace dlcore {

Add::Add() : Layer("Add") {}

Plan Add::plan(const Context&, std::span<const Spec> inputs) const {
  expect_inputs(inputs, 2);
  require(inputs[0].shape == inputs[1].shape, "layer Add: expected two inputs of one shape, not {} and {}",
          inputs[0].shape, inputs[1].shape);
  return {.outputs = {inputs[0]}, .backward_reads_inputs = false};
}

void Add::do_forward(const ForwardPass& pass) const {
  kernels::add(pass.context.stream, pass.inputs[0], pass.inputs[1], pass.outputs[0], pass.inputs[0].numel());
}

void Add::do_backward(const BackwardPass& pass) const {
  for (const Tensor& gradient : pass.input_gradients)
    if (gradient.defined()) copy(pass.context.stream, pass.output_gradients[0], gradient);
}

}  // namespace dlcore
