// Cross-entropy over time.
#pragma once

#include "layers/layer.h"

namespace dlcore {

/// loss = 1/N * sum over positions with target != ignore_index of (log sum_v exp(score_v) - score_target):
/// summed over time, divided by the number N of captions, not of tokens. scores: (N, T, V), targets: (N, T)
/// int32; or packed: scores (tokens, V), targets (tokens), N from the packing. Output: loss (1). A target
/// outside 0..V-1 that is not ignored gives NaN. With label smoothing e, in training only, (1 - e)
/// score_target plus e times the mean of all scores takes the place of score_target. In training the loss of
/// a target is multiplied by its weight, where the context has weights. Source: EECS 498-007/598-005,
/// assignment 5 (temporal_softmax_loss).
class TemporalSoftmaxLoss : public Layer {
 public:
  /// label_smoothing: in [0, 1), or an Error.
  explicit TemporalSoftmaxLoss(std::int32_t ignore_index = 0, double label_smoothing = 0);

  Plan plan(const Context& context, std::span<const Spec> inputs) const override;

 protected:
  void do_forward(const ForwardPass& pass) const override;
  void do_backward(const BackwardPass& pass) const override;

 private:
  std::int32_t ignore_index_;
  double label_smoothing_;
};

/// N of a loss over positions of this shape: the first size of (N, T), or the packing's batch for packed
/// (tokens).
std::int64_t captions_of(const Context& context, const Shape& targets);

/// What multiplies the loss of each target, as the context says; undefined: nothing does.
Tensor weights_of(const Context& context, const Tensor& targets);

/// Labels are smoothed in training only, and not where targets have weights: those stand for what a caption
/// is worth, and smoothing a caption to be avoided would mean nothing.
double smoothing_of(const Context& context, double label_smoothing);

/// The value itself; throws Error where it is not in [0, 1).
double checked_label_smoothing(double value);

}  // namespace dlcore
