// What captions of training images are worth: CIDEr-D against the images' own captions, and BLEU-4 where it
// is asked for. Training's own words are known and <END> is one of them, so that a caption which stops in the
// middle of a phrase is worth less than one that ends. Source: Rennie et al., "Self-critical Sequence
// Training for Image Captioning", CVPR 2017; <END> in the reward: Hu et al., "A Better Variant of
// Self-Critical Sequence Training", 2020.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "io/caption_data.h"

namespace dlcore {

class CaptionRewards {
 public:
  /// How rare an n-gram is, is counted over the split's images. A reward is CIDEr-D + bleu4 * BLEU-4 of the
  /// caption by itself.
  CaptionRewards(const CaptionSplit& split, const Vocabulary& vocabulary, double bleu4);
  ~CaptionRewards();

  /// The reward of each caption, whose words end with <END> where it was reached and whose <UNK> is like no
  /// reference's. images: (n), rows of the split's images, each with at least one caption; captions: (n). Not
  /// to be called from several threads.
  std::vector<double> operator()(std::span<const std::int32_t> images,
                                 std::span<const std::vector<std::int32_t>> captions);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace dlcore
