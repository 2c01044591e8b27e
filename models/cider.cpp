#include "models/cider.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace dlcore {

Cider::Cider(std::span<const std::vector<NgramCounts>> images, const NgramNumbers& numbers)
    : log_images_(std::log(static_cast<double>(images.size()))) {
  for (std::size_t k = 0; k < ngram_orders; ++k) {
    const auto size = static_cast<std::size_t>(numbers.size(k + 1));
    std::vector<std::int32_t> frequency(size, 0);
    std::vector<std::int32_t> last_image(size, -1);  // in which an n-gram was seen
    for (std::size_t i = 0; i < images.size(); ++i)
      for (const NgramCounts& reference : images[i])
        for (const auto& entry : reference.order(k)) {
          const auto ngram = static_cast<std::size_t>(entry.ngram);
          const auto image = static_cast<std::int32_t>(i);
          frequency[ngram] += last_image[ngram] != image;
          last_image[ngram] = image;
        }
    rarity_[k].resize(size);
    for (std::size_t ngram = 0; ngram < size; ++ngram)
      rarity_[k][ngram] = log_images_ - std::log(std::max(1, frequency[ngram]));
  }
  reference_norms_.reserve(images.size());
  for (const auto& references : images) {
    std::vector<Norms>& each = reference_norms_.emplace_back();
    for (const NgramCounts& reference : references) each.push_back(norms(reference));
  }
}

double Cider::rarity(std::size_t k, std::int32_t ngram) const {
  const auto index = static_cast<std::size_t>(ngram);
  return index < rarity_[k].size() ? rarity_[k][index] : log_images_;
}

Cider::Norms Cider::norms(const NgramCounts& caption) const {
  Norms result{};
  for (std::size_t k = 0; k < ngram_orders; ++k) {
    for (const auto& entry : caption.order(k)) {
      const double weight = entry.count * rarity(k, entry.ngram);
      result[k] += weight * weight;
    }
    result[k] = std::sqrt(result[k]);
  }
  return result;
}

double Cider::operator()(const NgramMatcher& matcher, std::size_t image,
                         std::span<const NgramCounts> references) const {
  const NgramCounts& caption = matcher.caption();
  constexpr double sigma = 6;
  const auto bigrams = [](const NgramCounts& x) {
    return static_cast<double>(std::max<std::int64_t>(0, x.length - 1));
  };
  const Norms norm = norms(caption);
  double sum = 0;
  for (std::size_t r = 0; r < references.size(); ++r) {
    const double difference = bigrams(caption) - bigrams(references[r]);
    const double penalty = std::pow(std::numbers::e, -(difference * difference) / (2 * sigma * sigma));
    for (std::size_t k = 0; k < ngram_orders; ++k) {
      double similarity = 0;
      const auto ngrams = caption.order(k);
      matcher.for_each_match(references[r], k, [&](std::size_t i, std::int32_t count) {
        const double each = rarity(k, ngrams[i].ngram);
        similarity += std::min(ngrams[i].count, count) * each * (count * each);
      });
      const double reference_norm = reference_norms_[image][r][k];
      if (norm[k] != 0 && reference_norm != 0) similarity /= norm[k] * reference_norm;
      sum += similarity * penalty;
    }
  }
  return 10 * sum / static_cast<double>(ngram_orders) / static_cast<double>(references.size());
}

}  // namespace dlcore
