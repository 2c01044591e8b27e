// Cross-entropy of classes.
#pragma once

#include "layers/layer.h"

namespace dlcore {

/// loss = mean over n of (log sum_c exp(score_nc) - score_n,label): the cross-entropy of softmax(scores) and
/// the labels. scores: (N, C) or (N, ..., C), labels: (N) or (N, ...) int32. Output: loss (1), 0 where there
/// are no labels. A label outside 0..C-1 gives NaN. With label smoothing e, in training only, (1 - e)
/// score_label plus e times the mean of all scores takes the place of score_label. As
/// torch.nn.CrossEntropyLoss.
class SoftmaxLoss : public Layer {
 public:
  /// label_smoothing: in [0, 1), or an Error.
  explicit SoftmaxLoss(double label_smoothing = 0);

  Plan plan(const Context& context, std::span<const Spec> inputs) const override;

 protected:
  void do_forward(const ForwardPass& pass) const override;
  void do_backward(const BackwardPass& pass) const override;

 private:
  double label_smoothing_;
};

}  // namespace dlcore
