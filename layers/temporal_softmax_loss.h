// Cross-entropy over time.
#pragma once

#include "layers/layer.h"

namespace dlcore {

/// loss = 1/N * sum over positions with target != ignore_index of (log sum_v exp(score_v) - score_target):
/// summed over time, divided by the number N of captions, not of tokens. scores: (N, T, V), targets: (N, T)
/// int32; or packed: scores (tokens, V), targets (tokens), N from the packing. Output: loss (1). A target
/// outside 0..V-1 that is not ignored gives NaN. Source: EECS 498-007/598-005, assignment 5
/// (temporal_softmax_loss).
class TemporalSoftmaxLoss : public Layer {
 public:
  explicit TemporalSoftmaxLoss(std::int32_t ignore_index = 0);

  Plan plan(const Context& context, std::span<const Spec> inputs) const override;

 protected:
  void do_forward(const ForwardPass& pass) const override;
  void do_backward(const BackwardPass& pass) const override;

 private:
  std::int32_t ignore_index_;
};

/// N of a loss over positions of this shape: the first size of (N, T), or the packing's batch for packed
/// (tokens).
std::int64_t captions_of(const Context& context, const Shape& targets);

}  // namespace dlcore
