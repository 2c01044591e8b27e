// Self-critical sequence training: a model draws captions of its own, and each is made more likely by as much
// as its reward is above the mean reward of the other captions of its image, or less likely.
//
//   gradient = mean over drawn captions w of  -(r(w) - b(w)) d log p(w),  b = mean reward of the image's
//   others
//
// which is the gradient of cross-entropy with the drawn words as targets, weighted by r - b. To it comes,
// where asked for, a multiple of the cross-entropy of one of each image's own captions, which keeps words
// probable that are too rare to be drawn. Sources: Rennie et al., "Self-critical Sequence Training for Image
// Captioning", CVPR 2017; this baseline, which needs no greedy captions: Luo, "A Better Variant of
// Self-Critical Sequence Training", 2020.
#pragma once

#include "models/caption_rewards.h"
#include "models/captioner.h"

namespace dlcore {

struct SelfCriticalConfig {
  std::int64_t epochs = 0;   // over the training images, after those of cross-entropy
  std::int64_t samples = 5;  // captions drawn of each image
  std::int64_t batch = 50;   // images per step
  double rate = 0.05;        // what the learning rates are multiplied by
  double bleu4 = 0;          // weight of BLEU-4 in the reward, beside CIDEr-D
  double cross_entropy = 0;  // weight of the cross-entropy of the images' own captions
};

/// Captions that a model drew, as a batch to be trained on.
struct DrawnCaptions {
  CaptionBatch batch;     // images x samples of them, and where asked for one of each image's own captions
  Tensor target_weights;  // (tokens), for Context::target_weights
  double reward = 0;      // mean over the drawn ones
  double loss = 0;        // mean of -log p(w), as the model drew them
};

class SelfCritical {
 public:
  /// `split` is what training's images come from; captions have up to split.length - 1 words. <UNK> may be
  /// drawn, though it earns nothing: what is never drawn never becomes less likely, and in two epochs it had
  /// all the probability.
  SelfCritical(const CaptionSplit& split, const Vocabulary& vocabulary, const SelfCriticalConfig& config);

  /// encoded: a row of features for each of U images. Captions are drawn without dropout; which ones, is a
  /// function of the context's seed and step, of the image and of the model.
  DrawnCaptions draw(const Context& context, const CaptioningRNN& captioner, const CaptionBatch& encoded);

 private:
  /// One of the image's captions in the data, which the context's seed and step choose.
  std::vector<std::int32_t> own_caption(const Context& context, std::int32_t image) const;

  const CaptionSplit& split_;
  double cross_entropy_;
  std::vector<std::vector<std::int64_t>> own_rows_;  // [image]: its captions; only with cross-entropy
  std::int32_t null_index_, start_index_, end_index_;
  DecodeOptions options_;
  CaptionRewards rewards_;
};

/// r - b of rewards (images x samples): of each, less the mean of the image's others.
std::vector<double> advantages(std::span<const double> rewards, std::int64_t samples);

}  // namespace dlcore
