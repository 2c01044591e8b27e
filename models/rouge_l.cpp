#include "models/rouge_l.h"

#include <algorithm>

namespace dlcore {

namespace {

// Length of the longest common subsequence; `lengths` is scratch.
std::int64_t common_subsequence(std::span<const std::int32_t> a, std::span<const std::int32_t> b,
                                std::vector<std::int64_t>& lengths) {
  lengths.assign(b.size() + 1, 0);  // of a's words so far with b's first j
  for (const std::int32_t word : a) {
    std::int64_t diagonal = 0;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::int64_t above = lengths[j];
      lengths[j] = b[j - 1] == word ? diagonal + 1 : std::max(above, lengths[j - 1]);
      diagonal = above;
    }
  }
  return lengths.back();
}

}  // namespace

double rouge_l(const CaptionWords& caption, std::span<const CaptionWords> references) {
  constexpr double beta = 1.2;
  double precision = 0;
  double recall = 0;
  std::vector<std::int64_t> lengths;
  for (const CaptionWords& reference : references) {
    const auto common = static_cast<double>(common_subsequence(caption.tokens, reference.tokens, lengths));
    precision = std::max(precision, common / static_cast<double>(caption.tokens.size()));
    recall = std::max(recall, common / static_cast<double>(reference.tokens.size()));
  }
  if (precision == 0 || recall == 0) return 0;
  return (1 + beta * beta) * precision * recall / (recall + beta * beta * precision);
}

}  // namespace dlcore
