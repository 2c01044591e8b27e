#include "layers/embedding.h"

#include <cmath>

#include "core/format.h"
#include "kernels/embedding.h"

namespace dlcore {

Embedding::Embedding(std::int64_t V, std::int64_t D) : Layer("Embedding"), V_(V), D_(D) {
  require(V > 0 && D > 0, "layer Embedding: sizes must be positive, not V={} and D={}", V, D);
  parameters_.push_back(
      {.name = "weight", .shape = {V, D}, .initial_deviation = 1 / std::sqrt(static_cast<double>(V))});
}

Plan Embedding::plan(const Context&, std::span<const Spec> inputs) const {
  expect_inputs(inputs, 1);
  const Shape& shape = inputs[0].shape;
  require(inputs[0].type == DType::int32 && shape.rank() < Shape::max_rank,
          "layer Embedding: expected int32 ids, not {} {}", inputs[0].type, shape);
  std::vector<std::int64_t> sizes(shape.sizes().begin(), shape.sizes().end());
  sizes.push_back(D_);
  return {.outputs = {{Shape(sizes), parameters_[0].value.dtype()}}, .backward_workspace = {inputs[0]}};
}

void Embedding::do_forward(const ForwardPass& pass) const {
  kernels::gather_rows(pass.context.stream, parameters_[0].value, pass.inputs[0], pass.outputs[0],
                       pass.inputs[0].numel(), V_, D_);
}

void Embedding::do_backward(const BackwardPass& pass) const {
  kernels::sort_rows(pass.context.stream, pass.inputs[0], pass.workspace[0]);
  kernels::scatter_add_rows(pass.context.stream, pass.inputs[0], pass.workspace[0], pass.output_gradients[0],
                            parameters_[0].gradient, pass.inputs[0].numel(), V_, D_);
}

}  // namespace dlcore
