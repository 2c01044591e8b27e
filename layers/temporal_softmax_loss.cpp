#include "layers/temporal_softmax_loss.h"

#include <algorithm>

#include "core/format.h"
#include "kernels/elementwise.h"
#include "kernels/softmax.h"

namespace dlcore {

std::int64_t captions_of(const Context& context, const Shape& targets) {
  const bool packed = targets.rank() == 1 && context.packing != nullptr;
  return std::max<std::int64_t>(packed ? context.packing->batch() : targets[0], 1);
}

Tensor weights_of(const Context& context, const Tensor& targets) {
  const Tensor& weights = context.target_weights;
  if (!context.training || !weights.defined()) return {};
  require(weights.numel() == targets.numel(), "a loss of {} targets needs as many weights, not {}",
          targets.numel(), weights);
  return weights.view({weights.numel()});
}

double smoothing_of(const Context& context, double label_smoothing) {
  return context.training && !context.target_weights.defined() ? label_smoothing : 0;
}

double checked_label_smoothing(double value) {
  require(value >= 0 && value < 1, "label smoothing must be in [0, 1), not {}", value);
  return value;
}

TemporalSoftmaxLoss::TemporalSoftmaxLoss(std::int32_t ignore_index, double label_smoothing)
    : Layer("TemporalSoftmaxLoss"),
      ignore_index_(ignore_index),
      label_smoothing_(checked_label_smoothing(label_smoothing)) {}

Plan TemporalSoftmaxLoss::plan(const Context&, std::span<const Spec> inputs) const {
  expect_inputs(inputs, 2);
  const Shape& scores = inputs[0].shape;
  const Shape& targets = inputs[1].shape;
  const bool fits = (scores.rank() == 2 || scores.rank() == 3) && targets.rank() == scores.rank() - 1 &&
                    targets.numel() == scores.rows() && targets[0] == scores[0];
  require(fits && inputs[1].type == DType::int32,
          "layer TemporalSoftmaxLoss: expected scores [N, T, V] or [tokens, V] and int32 targets without V, "
          "not {} and "
          "{} {}",
          scores, inputs[1].type, targets);
  const DType exact = arithmetic_of(inputs[0].type);
  const Spec losses{targets, exact};
  return {.outputs = {{Shape{1}, exact}},
          .cache = {inputs[0]},  // the gradient of the scores for an upstream gradient of 1
          .forward_workspace = {losses}};
}

void TemporalSoftmaxLoss::do_forward(const ForwardPass& pass) const {
  const auto& [scores, targets, losses] = std::tie(pass.inputs[0], pass.inputs[1], pass.workspace[0]);
  const std::int64_t rows = targets.numel();
  const double scale = 1.0 / static_cast<double>(captions_of(pass.context, targets.shape()));
  kernels::cross_entropy_gradient(
      pass.context.stream, scores, targets, weights_of(pass.context, targets), losses, pass.cache[0],
      ignore_index_, smoothing_of(pass.context, label_smoothing_), scale, rows, scores.shape().cols());
  kernels::sum_losses(pass.context.stream, losses, pass.outputs[0], scale, false, rows);
}

void TemporalSoftmaxLoss::do_backward(const BackwardPass& pass) const {
  if (!pass.input_gradients[0].defined()) return;
  kernels::scale_by(pass.context.stream, pass.cache[0], pass.output_gradients[0], pass.input_gradients[0],
                    false, pass.cache[0].numel());
}

}  // namespace dlcore
