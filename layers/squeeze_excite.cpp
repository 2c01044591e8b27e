#include "layers/squeeze_excite.h"

#include "core/format.h"
#include "kernels/activation.h"
#include "kernels/channels.h"
#include "kernels/gemm.h"
#include "kernels/pooling.h"
#include "kernels/reduce.h"
#include "layers/conv2d.h"

namespace dlcore {

using kernels::Op;

namespace {

// A 1x1 convolution's weights as a matrix.
Tensor matrix(const Tensor& weight) {
  return weight.view({weight.size(0), weight.size(1)});
}

}  // namespace

SqueezeExcite::SqueezeExcite(std::int64_t channels, std::int64_t squeezed)
    : Layer("SqueezeExcite"), channels_(channels), squeezed_(squeezed) {
  require(channels > 0 && squeezed > 0,
          "layer SqueezeExcite: sizes must be positive, not channels={} and squeezed={}", channels, squeezed);
  parameters_.push_back(ConvolutionShape{channels, squeezed}.weight("fc1.weight"));
  parameters_.push_back({.name = "fc1.bias", .shape = {squeezed}});
  parameters_.push_back(ConvolutionShape{squeezed, channels}.weight("fc2.weight"));
  parameters_.push_back({.name = "fc2.bias", .shape = {channels}});
}

Plan SqueezeExcite::plan(const Context&, std::span<const Spec> inputs) const {
  expect_inputs(inputs, 1);
  const Shape& x = inputs[0].shape;
  require(x.rank() == 4 && x[1] > 0 && x[2] > 0 && x[3] == channels_,
          "layer SqueezeExcite: expected pictures [N, H, W, C={}], not {}", channels_, x);
  const Spec wide{{x[0], channels_}, inputs[0].type};
  const Spec narrow{{x[0], squeezed_}, inputs[0].type};
  return {.outputs = {inputs[0]},
          .cache = {wide, narrow, wide},                // mean, hidden, gate
          .backward_workspace = {wide, narrow, wide}};  // their gradients
}

void SqueezeExcite::do_forward(const ForwardPass& pass) const {
  const Stream& stream = pass.context.stream;
  const Shape& x = pass.inputs[0].shape();
  const Tensor& mean = pass.cache[0];
  const Tensor& hidden = pass.cache[1];
  const Tensor& gate = pass.cache[2];
  kernels::average_pool_forward(stream, kernels::PoolingExtents{x[0], x[1], x[2], x[3], 1, 1, {}, true},
                                pass.inputs[0], mean);
  kernels::gemm(stream, Op::none, Op::transpose, mean, matrix(parameters_[0].value), hidden, 0,
                parameters_[1].value);
  kernels::relu_forward(stream, hidden, hidden, hidden.numel());
  kernels::gemm(stream, Op::none, Op::transpose, hidden, matrix(parameters_[2].value), gate, 0,
                parameters_[3].value);
  kernels::sigmoid_forward(stream, gate, gate, gate.numel());
  kernels::scale_channels(stream, pass.inputs[0], gate, pass.outputs[0], x[0], x[1] * x[2], x[3]);
}

void SqueezeExcite::do_backward(const BackwardPass& pass) const {
  const Stream& stream = pass.context.stream;
  const Shape& x = pass.inputs[0].shape();
  const Tensor& mean = pass.cache[0];
  const Tensor& hidden = pass.cache[1];
  const Tensor& gate = pass.cache[2];
  const Tensor& dmean = pass.workspace[0];
  const Tensor& dhidden = pass.workspace[1];
  const Tensor& dgate = pass.workspace[2];
  const Tensor& dy = pass.output_gradients[0];
  kernels::scale_channels_backward_gate(stream, pass.inputs[0], dy, dgate, x[0], x[1] * x[2], x[3]);
  kernels::sigmoid_backward(stream, gate, dgate, dgate, gate.numel());
  kernels::gemm(stream, Op::transpose, Op::none, dgate, hidden, matrix(parameters_[2].gradient), 1);
  kernels::column_sum(stream, dgate, parameters_[3].gradient, true, x[0], channels_);
  kernels::gemm(stream, Op::none, Op::none, dgate, matrix(parameters_[2].value), dhidden);
  kernels::relu_backward(stream, hidden, dhidden, dhidden, hidden.numel());
  kernels::gemm(stream, Op::transpose, Op::none, dhidden, mean, matrix(parameters_[0].gradient), 1);
  kernels::column_sum(stream, dhidden, parameters_[1].gradient, true, x[0], squeezed_);
  if (!pass.input_gradients[0].defined()) return;
  kernels::gemm(stream, Op::none, Op::none, dhidden, matrix(parameters_[0].value), dmean);
  kernels::scale_channels_backward(stream, dy, gate, dmean, pass.input_gradients[0], x[0], x[1] * x[2], x[3]);
}

}  // namespace dlcore
