#include "models/cider.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace dlcore {

Cider::Cider(const NgramLists& references, std::span<const std::int32_t> image_of,
             const NgramNumbers& numbers)
    : log_images_(std::log(image_of.back() + 1)) {
  for_each_order(references.size(), [&](std::size_t k) {
    const auto size = static_cast<std::size_t>(numbers.size(k));
    std::vector<std::int32_t> frequency(size, 0);
    std::vector<std::int32_t> last_image(size, -1);  // in which an n-gram was seen
    for (std::size_t r = 0; r < references.size(); ++r)
      for (const NgramCount& each : references.order(r, k)) {
        const auto ngram = static_cast<std::size_t>(each.ngram);
        frequency[ngram] += last_image[ngram] != image_of[r];
        last_image[ngram] = image_of[r];
      }
    rarity_[k].resize(size);
    for (std::size_t ngram = 0; ngram < size; ++ngram)
      rarity_[k][ngram] = log_images_ - std::log(std::max(1, frequency[ngram]));
    reference_norms_[k].reserve(references.size());
    for (std::size_t r = 0; r < references.size(); ++r)
      reference_norms_[k].push_back(norm(k, references.order(r, k)));
  });
}

double Cider::norm(std::size_t k, std::span<const NgramCount> ngrams) const {
  double sum = 0;
  for (const NgramCount& each : ngrams) {
    const double weight = each.count * rarity(k, each.ngram);
    sum += weight * weight;
  }
  return std::sqrt(sum);
}

double Cider::operator()(const NgramMatcher& matcher, std::span<const CaptionNgrams> references,
                         std::size_t first) const {
  const CaptionNgrams& caption = matcher.caption();
  constexpr double sigma = 6;
  const auto bigrams = [](const CaptionNgrams& x) {
    return static_cast<double>(std::max<std::int64_t>(0, x.length - 1));
  };
  std::array<double, ngram_orders> norms{};
  for (std::size_t k = 0; k < ngram_orders; ++k) norms[k] = norm(k, caption.orders[k]);
  double sum = 0;
  for (std::size_t r = 0; r < references.size(); ++r) {
    const double difference = bigrams(caption) - bigrams(references[r]);
    const double penalty = std::pow(std::numbers::e, -(difference * difference) / (2 * sigma * sigma));
    for (std::size_t k = 0; k < ngram_orders; ++k) {
      double similarity = 0;
      const auto ngrams = caption.orders[k];
      matcher.for_each_match(references[r], k, [&](std::size_t i, std::int32_t count) {
        const double each = rarity(k, ngrams[i].ngram);
        similarity += std::min(ngrams[i].count, count) * each * (count * each);
      });
      const double reference_norm = reference_norms_[k][first + r];
      if (norms[k] != 0 && reference_norm != 0) similarity /= norms[k] * reference_norm;
      sum += similarity * penalty;
    }
  }
  return 10 * sum / static_cast<double>(ngram_orders) / static_cast<double>(references.size());
}

}  // namespace dlcore
