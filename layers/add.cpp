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

void Add::do_forward(const Context& context, Tensors inputs, Tensors outputs, Tensors, Tensors) const {
  kernels::add(context.stream, inputs[0], inputs[1], outputs[0], inputs[0].numel());
}

void Add::do_backward(const Context& context, Tensors, Tensors, Tensors output_gradients,
                      Tensors input_gradients, Tensors, Tensors) const {
  for (const Tensor& gradient : input_gradients)
    if (gradient.defined()) copy(context.stream, output_gradients[0], gradient);
}

}  // namespace dlcore
