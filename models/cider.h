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
#include <span>
#include <vector>

#include "models/caption_ngrams.h"

namespace dlcore {

class Cider {
 public:
  /// images[i]: the references of image i. `numbers` is what made them; it is only used here.
  Cider(std::span<const std::vector<NgramCounts>> images, const NgramNumbers& numbers);

  /// Of the matcher's caption, for image `image`, whose references these are.
  double operator()(const NgramMatcher& matcher, std::size_t image,
                    std::span<const NgramCounts> references) const;

 private:
  using Norms = std::array<double, ngram_orders>;

  double rarity(std::size_t k, std::int32_t ngram) const;
  Norms norms(const NgramCounts& caption) const;

  double log_images_;
  std::array<std::vector<double>, ngram_orders> rarity_;  // [n - 1][n-gram]: log N - log d
  std::vector<std::vector<Norms>> reference_norms_;       // [image][reference]
};

}  // namespace dlcore
