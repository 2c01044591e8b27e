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

void Activation::do_forward(const ForwardPass& pass) const {
  const std::int64_t n = pass.inputs[0].numel();
  switch (kind_) {
    case Kind::relu:
      return kernels::relu_forward(pass.context.stream, pass.inputs[0], pass.outputs[0], n);
    case Kind::tanh:
      return kernels::tanh_forward(pass.context.stream, pass.inputs[0], pass.outputs[0], n);
    case Kind::sigmoid:
      return kernels::sigmoid_forward(pass.context.stream, pass.inputs[0], pass.outputs[0], n);
  }
}

void Activation::do_backward(const BackwardPass& pass) const {
  if (!pass.input_gradients[0].defined()) return;
  const std::int64_t n = pass.outputs[0].numel();
  switch (kind_) {
    case Kind::relu:
      return kernels::relu_backward(pass.context.stream, pass.outputs[0], pass.output_gradients[0],
                                    pass.input_gradients[0], n);
    case Kind::tanh:
      return kernels::tanh_backward(pass.context.stream, pass.outputs[0], pass.output_gradients[0],
                                    pass.input_gradients[0], n);
    case Kind::sigmoid:
      return kernels::sigmoid_backward(pass.context.stream, pass.outputs[0], pass.output_gradients[0],
                                       pass.input_gradients[0], n);
  }
}

}  // namespace dlcore
