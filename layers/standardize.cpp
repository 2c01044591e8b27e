#include "layers/standardize.h"

#include "core/format.h"
#include "kernels/elementwise.h"

namespace dlcore {

Standardize::Standardize(std::int64_t channels, std::int64_t spatial)
    : Layer("Standardize"), channels_(channels), spatial_(spatial) {
  require(channels > 0 && spatial > 0,
          "layer Standardize: sizes must be positive, not channels={} and spatial={}", channels, spatial);
  parameters_.push_back({.name = "mean", .shape = {channels}, .trainable = false});
  parameters_.push_back(
      {.name = "inverse_deviation", .shape = {channels}, .initial_value = 1, .trainable = false});
}

Plan Standardize::plan(const Context&, std::span<const Spec> inputs) const {
  expect_inputs(inputs, 1);
  const Shape& shape = inputs[0].shape;
  require(shape.rank() == 2 && shape[1] == channels_ * spatial_,
          "layer Standardize: expected input [N, channels x spatial = {}], not {}", channels_ * spatial_,
          shape);
  return {.outputs = {inputs[0]}, .backward_reads_inputs = false};
}

void Standardize::do_forward(const ForwardPass& pass) const {
  kernels::standardize(pass.context.stream, pass.inputs[0], parameters_[0].value, parameters_[1].value,
                       pass.outputs[0], pass.inputs[0].size(0), channels_, spatial_);
}

void Standardize::do_backward(const BackwardPass& pass) const {
  if (!pass.input_gradients[0].defined()) return;
  kernels::standardize_backward(pass.context.stream, pass.output_gradients[0], parameters_[1].value,
                                pass.input_gradients[0], pass.output_gradients[0].size(0), channels_,
                                spatial_);
}

}  // namespace dlcore
