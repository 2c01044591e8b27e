// BLEU-1 to BLEU-4 (Papineni et al. 2002, https://aclanthology.org/P02-1040), with coco-caption's choices:
// the reference length is that of the reference whose length is closest (of two, the shorter), and counts are
// kept from zero by 1e-15 above and 1e-9 below the fraction.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "models/caption_ngrams.h"

namespace dlcore {

/// What BLEU is computed from: of one caption, or summed over a corpus.
struct BleuCounts {
  std::array<std::int64_t, ngram_orders>
      correct{};                                   // [n - 1]: n-grams that a reference has, as often as there
  std::array<std::int64_t, ngram_orders> guess{};  // all n-grams
  std::int64_t length = 0;
  std::int64_t reference_length = 0;

  BleuCounts& operator+=(const BleuCounts& other);
};

/// Of the matcher's caption; `references`: at least one.
BleuCounts bleu_counts(const NgramMatcher& matcher, std::span<const CaptionNgrams> references);

/// [n - 1]: BLEU-n = (product over k = 1..n of correct_k / guess_k)^(1/n), times exp(1 - r/c) where the
/// length c is below the reference length r.
std::array<double, ngram_orders> bleu(const BleuCounts& counts);

}  // namespace dlcore
