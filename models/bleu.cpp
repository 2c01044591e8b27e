#include "models/bleu.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace dlcore {

BleuCounts& BleuCounts::operator+=(const BleuCounts& other) {
  for (std::size_t k = 0; k < ngram_orders; ++k) {
    correct[k] += other.correct[k];
    guess[k] += other.guess[k];
  }
  length += other.length;
  reference_length += other.reference_length;
  return *this;
}

BleuCounts bleu_counts(const NgramMatcher& matcher, std::span<const CaptionNgrams> references) {
  const CaptionNgrams& caption = matcher.caption();
  BleuCounts counts;
  counts.length = caption.length;
  std::vector<std::int32_t> most;  // of each of the caption's n-grams, in one reference
  for (std::size_t k = 0; k < ngram_orders; ++k) {
    const auto ngrams = caption.orders[k];
    most.assign(ngrams.size(), 0);
    for (const CaptionNgrams& reference : references)
      matcher.for_each_match(reference, k, [&](std::size_t i, std::int32_t count) {
        most[i] = std::max(most[i], std::min(ngrams[i].count, count));
      });
    for (const std::int32_t count : most) counts.correct[k] += count;
    counts.guess[k] = std::max<std::int64_t>(0, caption.length - static_cast<std::int64_t>(k));
  }
  const auto closer = [&](const CaptionNgrams& a, const CaptionNgrams& b) {
    const auto distance = [&](const CaptionNgrams& x) { return std::abs(x.length - caption.length); };
    return std::pair(distance(a), a.length) < std::pair(distance(b), b.length);
  };
  counts.reference_length = std::min_element(references.begin(), references.end(), closer)->length;
  return counts;
}

std::array<double, ngram_orders> bleu(const BleuCounts& counts) {
  constexpr double tiny = 1e-15;
  constexpr double small = 1e-9;
  const double ratio =
      (static_cast<double>(counts.length) + tiny) / (static_cast<double>(counts.reference_length) + small);
  const double brevity = ratio < 1 ? std::exp(1 - 1 / ratio) : 1;
  std::array<double, ngram_orders> result{};
  double product = 1;
  for (std::size_t k = 0; k < ngram_orders; ++k) {
    product *=
        (static_cast<double>(counts.correct[k]) + tiny) / (static_cast<double>(counts.guess[k]) + small);
    result[k] = std::pow(product, 1 / static_cast<double>(k + 1)) * brevity;
  }
  return result;
}

}  // namespace dlcore
