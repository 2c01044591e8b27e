#include "swish.h"

#include "kernels/activation.h"
#include "kernels/elementwise.h"

namespace example {

namespace kernels = dlcore::kernels;
using dlcore::Tensor;

// Besides the output: s, which backward needs, and room for one product.
dlcore::Plan Swish::plan(const dlcore::Context&, std::span<const dlcore::Spec> inputs) const {
  expect_inputs(inputs, 1);
  return {.outputs = {inputs[0]}, .cache = {inputs[0]}, .backward_workspace = {inputs[0]}};
}

void Swish::do_forward(const dlcore::ForwardPass& pass) const {
  const Tensor &x = pass.inputs[0], &y = pass.outputs[0], &s = pass.cache[0];
  kernels::sigmoid_forward(pass.context.stream, x, s, x.numel());
  kernels::multiply(pass.context.stream, x, s, y, x.numel());
}

void Swish::do_backward(const dlcore::BackwardPass& pass) const {
  const Tensor &x = pass.inputs[0], &s = pass.cache[0], &product = pass.workspace[0];
  const Tensor &dy = pass.output_gradients[0], &dx = pass.input_gradients[0];
  if (!dx.defined()) return;
  const dlcore::Stream& stream = pass.context.stream;
  kernels::multiply(stream, dy, x, product, x.numel());
  kernels::sigmoid_backward(stream, s, product, dx, x.numel());  // dy x s (1 - s)
  kernels::multiply(stream, dy, s, product, x.numel());
  kernels::add(stream, dx, product, dx, x.numel());
}

}  // namespace example
