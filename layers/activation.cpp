#include "layers/activation.h"

#include "kernels/activation.h"

namespace dlcore {
namespace {

const char* name_of(Activation::Kind kind) {
  switch (kind) {
    case Activation::Kind::relu:
      return "ReLU";
    case Activation::Kind::tanh:
      return "Tanh";
    default:
      return "Sigmoid";
  }
}

}  // namespace

Activation::Activation(Kind kind) : Layer(name_of(kind)), kind_(kind) {}

Plan Activation::plan(const Context&, std::span<const Spec> inputs) const {
  expect_inputs(inputs, 1);
  return {.outputs = {inputs[0]}, .backward_reads_inputs = false, .backward_reads_outputs = true};
}

void Activation::do_forward(const Context& context, Tensors inputs, Tensors outputs, Tensors, Tensors) const {
  const std::int64_t n = inputs[0].numel();
  switch (kind_) {
    case Kind::relu:
      return kernels::relu_forward(context.stream, inputs[0], outputs[0], n);
    case Kind::tanh:
      return kernels::tanh_forward(context.stream, inputs[0], outputs[0], n);
    case Kind::sigmoid:
      return kernels::sigmoid_forward(context.stream, inputs[0], outputs[0], n);
  }
}

void Activation::do_backward(const Context& context, Tensors, Tensors outputs, Tensors output_gradients,
                             Tensors input_gradients, Tensors, Tensors) const {
  if (!input_gradients[0].defined()) return;
  const std::int64_t n = outputs[0].numel();
  switch (kind_) {
    case Kind::relu:
      return kernels::relu_backward(context.stream, outputs[0], output_gradients[0], input_gradients[0], n);
    case Kind::tanh:
      return kernels::tanh_backward(context.stream, outputs[0], output_gradients[0], input_gradients[0], n);
    case Kind::sigmoid:
      return kernels::sigmoid_backward(context.stream, outputs[0], output_gradients[0], input_gradients[0],
                                       n);
  }
}

}  // namespace dlcore
