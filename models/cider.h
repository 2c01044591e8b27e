// CIDEr-D (Vedantam et al. 2015, https://arxiv.org/abs/1411.5726), which coco-caption calls CIDEr.
//
// An n-gram that comes c times in a caption weighs c log(N / d), where d of the N images have it in a
// reference (at least 1). For each n = 1..4 and each reference the similarity is
//
//     sum over the caption's n-grams of min(w, w_ref) w_ref / (|w| |w_ref|) * exp(-(l - l_ref)^2 / (2
//     sigma^2))
//
// with sigma = 6 and l the number of bigrams; CIDEr is 10 times its mean over n and references.
// Of a single image it is 0, since every weight is.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "models/caption_ngrams.h"

namespace dlcore {

class Cider {
 public:
  /// `references`: those of all images, one image after the other; image_of[r] is that of reference r, from 0
  /// on. `numbers` is what made them; both are only used here.
  Cider(const NgramLists& references, std::span<const std::int32_t> image_of, const NgramNumbers& numbers);

  /// Of the matcher's caption, with an image's references, which are those from `first` on.
  double operator()(const NgramMatcher& matcher, std::span<const CaptionNgrams> references,
                    std::size_t first) const;

 private:
  double rarity(std::size_t k, std::int32_t ngram) const {  // inline, as it is asked for each n-gram
    const auto index = static_cast<std::size_t>(ngram);
    return index < rarity_[k].size() ? rarity_[k][index] : log_images_;
  }
  double norm(std::size_t k, std::span<const NgramCount> ngrams) const;

  double log_images_ = 0;
  std::array<std::vector<double>, ngram_orders> rarity_;           // [k][n-gram]: log N - log d
  std::array<std::vector<double>, ngram_orders> reference_norms_;  // [k][reference]
};

}  // namespace dlcore
