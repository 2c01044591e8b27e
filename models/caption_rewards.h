// What captions of training images are worth: CIDEr-D against the images' own captions, and BLEU-4 where it
// is asked for. Source: Rennie et al., "Self-critical Sequence Training for Image Captioning", CVPR 2017.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "models/caption_references.h"

namespace dlcore {

class CaptionRewards {
 public:
  /// A reward is CIDEr-D + bleu4 * BLEU-4 of the caption by itself.
  CaptionRewards(const CaptionSplit& split, const Vocabulary& vocabulary, double bleu4);

  /// The reward of each caption (CaptionReferences::look_up says how it ends). images: (n), rows of the
  /// split's images, each with at least one caption; captions: (n). Not to be called from several threads.
  std::vector<double> operator()(std::span<const std::int32_t> images,
                                 std::span<const std::vector<std::int32_t>> captions);

 private:
  CaptionReferences references_;
  NgramMatcher matcher_;
  double bleu4_;
};

}  // namespace dlcore
