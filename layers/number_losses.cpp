#include "layers/number_losses.h"

#include <algorithm>

#include "core/format.h"
#include "kernels/loss.h"
#include "kernels/softmax.h"

namespace dlcore {
namespace {

double one_part_of(std::int64_t elements) {
  return 1.0 / static_cast<double>(std::max<std::int64_t>(elements, 1));
}

}  // namespace

NumberLoss::Target::Target(const Tensor& prediction, const Tensor& tensor) {
  if (!tensor.defined()) return;
  (tensor.dtype() == prediction.dtype() ? same : exact) = tensor;
}

Plan NumberLoss::plan(const Context&, std::span<const Spec> inputs) const {
  expect_inputs(inputs, 2);
  const Shape& shape = inputs[0].shape;
  require(is_floating(inputs[0].type), "layer {}: expected a floating prediction, not {} {}", type(),
          inputs[0].type, shape);
  const DType exact = arithmetic_of(inputs[0].type);
  require(shape.rank() >= 1 && inputs[1].shape == shape &&
              (inputs[1].type == inputs[0].type || inputs[1].type == exact),
          "layer {}: expected a target like the prediction, {} {}, not {} {}", type(), inputs[0].type, shape,
          inputs[1].type, inputs[1].shape);
  return {.outputs = {{Shape{1}, exact}}, .forward_workspace = {{Shape{shape[0]}, exact}}};
}

void NumberLoss::do_forward(const ForwardPass& pass) const {
  const Tensor &prediction = pass.inputs[0], &losses = pass.workspace[0];
  const std::int64_t rows = losses.numel(), elements = prediction.numel();
  add_losses(pass.context.stream, prediction, Target(prediction, pass.inputs[1]), losses, rows,
             elements / std::max<std::int64_t>(rows, 1));
  kernels::sum_losses(pass.context.stream, losses, pass.outputs[0], one_part_of(elements), false, rows);
}

void NumberLoss::do_backward(const BackwardPass& pass) const {
  const Tensor& prediction = pass.inputs[0];
  find_gradients(pass.context.stream, prediction, Target(prediction, pass.inputs[1]),
                 pass.output_gradients[0], one_part_of(prediction.numel()), pass.input_gradients[0],
                 Target(prediction, pass.input_gradients[1]));
}

void SquaredLoss::add_losses(const Stream& stream, const Tensor& prediction, const Target& target,
                             const Tensor& losses, std::int64_t rows, std::int64_t cols) const {
  kernels::squared_loss(stream, prediction, target.same, target.exact, losses, rows, cols);
}

void SquaredLoss::find_gradients(const Stream& stream, const Tensor& prediction, const Target& target,
                                 const Tensor& upstream, double scale, const Tensor& of_prediction,
                                 const Target& of_target) const {
  kernels::squared_loss_gradient(stream, prediction, target.same, target.exact, upstream, scale,
                                 of_prediction, of_target.same, of_target.exact, prediction.numel());
}

void BinaryLoss::add_losses(const Stream& stream, const Tensor& prediction, const Target& target,
                            const Tensor& losses, std::int64_t rows, std::int64_t cols) const {
  kernels::binary_loss(stream, prediction, target.same, target.exact, losses, rows, cols);
}

void BinaryLoss::find_gradients(const Stream& stream, const Tensor& prediction, const Target& target,
                                const Tensor& upstream, double scale, const Tensor& of_prediction,
                                const Target& of_target) const {
  kernels::binary_loss_gradient(stream, prediction, target.same, target.exact, upstream, scale, of_prediction,
                                of_target.same, of_target.exact, prediction.numel());
}

}  // namespace dlcore
