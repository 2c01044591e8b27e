#include "layers/softmax_loss.h"

#include <algorithm>

#include "core/format.h"
#include "kernels/elementwise.h"
#include "kernels/softmax.h"
#include "layers/temporal_softmax_loss.h"

namespace dlcore {

SoftmaxLoss::SoftmaxLoss(double label_smoothing)
    : Layer("SoftmaxLoss"), label_smoothing_(checked_label_smoothing(label_smoothing)) {}

Plan SoftmaxLoss::plan(const Context&, std::span<const Spec> inputs) const {
  expect_inputs(inputs, 2);
  const Shape& scores = inputs[0].shape;
  const Shape& labels = inputs[1].shape;
  const bool fits = scores.rank() >= 2 && scores.cols() > 0 && is_floating(inputs[0].type) &&
                    labels == Shape(scores.sizes().first(static_cast<std::size_t>(scores.rank()) - 1));
  require(fits && inputs[1].type == DType::int32,
          "layer SoftmaxLoss: expected scores [N, C] and int32 labels [N], not {} {} and {} {}",
          inputs[0].type, scores, inputs[1].type, labels);
  const DType exact = arithmetic_of(inputs[0].type);
  return {.outputs = {{Shape{1}, exact}},
          .cache = {inputs[0]},  // the gradient of the scores for an upstream gradient of 1
          .forward_workspace = {{labels, exact}},
          .backward_reads_inputs = false};
}

void SoftmaxLoss::do_forward(const ForwardPass& pass) const {
  const auto& [scores, labels, losses] = std::tie(pass.inputs[0], pass.inputs[1], pass.workspace[0]);
  const std::int64_t rows = labels.numel();
  const double scale = 1.0 / static_cast<double>(std::max<std::int64_t>(rows, 1));
  kernels::cross_entropy_gradient(pass.context.stream, scores, labels, Tensor(), losses, pass.cache[0],
                                  kernels::ignore_nothing, pass.context.training ? label_smoothing_ : 0,
                                  scale, rows, scores.shape().cols());
  kernels::sum_losses(pass.context.stream, losses, pass.outputs[0], scale, false, rows);
}

void SoftmaxLoss::do_backward(const BackwardPass& pass) const {
  if (!pass.input_gradients[0].defined()) return;
  kernels::scale_by(pass.context.stream, pass.cache[0], pass.output_gradients[0], pass.input_gradients[0],
                    false, pass.cache[0].numel());
}

}  // namespace dlcore
