// The vocabulary layer and the temporal softmax loss in one, in chunks of tokens, so that the scores of all
// tokens are never in memory at once.
#pragma once

#include "layers/layer.h"

namespace dlcore {

/// TemporalSoftmaxLoss(h W + b, targets): the same value and the same gradients.
/// h: (tokens, H) packed, or (N, T, H); targets: (tokens) or (N, T) int32. Output: loss (1).
/// W "weight": (H, V), b "bias": (V). Initially W = randn / sqrt(H), b = 0.
///
/// In training, forward computes the scores of one chunk, replaces them by their gradient in place, and at
/// once forms that chunk's part of dh, dW and db for an upstream gradient of 1, which backward only has to
/// scale. Memory beyond parameters: chunk x V for scores, tokens x H for dh, H x V for dW.
class VocabularyLoss : public Layer {
 public:
  /// chunk: tokens per chunk; 0 chooses it so that the scores of a chunk are about 4 MiB. label_smoothing: as
  /// TemporalSoftmaxLoss.
  VocabularyLoss(std::int64_t H, std::int64_t V, std::int32_t ignore_index = 0, std::int64_t chunk = 0,
                 double label_smoothing = 0);

  Plan plan(const Context& context, std::span<const Spec> inputs) const override;

  /// scores = h W + b, for decoding.  h: (n, H), scores: (n, V)
  void scores(const Stream& stream, const Tensor& h, const Tensor& scores) const;

 protected:
  void do_forward(const ForwardPass& pass) const override;
  void do_backward(const BackwardPass& pass) const override;

 private:
  std::int64_t H_, V_, chunk_;
  std::int32_t ignore_index_;
  double label_smoothing_;
};

}  // namespace dlcore
