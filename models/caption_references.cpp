#include "models/caption_references.h"

#include <algorithm>
#include <limits>
#include <numeric>

namespace dlcore {
namespace {

// The words of a caption of the data, with <END>.
CaptionWords words_of(std::span<const std::int32_t> caption, const Vocabulary& vocabulary) {
  CaptionWords result;
  for (const std::int32_t word : caption) {
    if (word != vocabulary.null() && word != vocabulary.start()) result.words.push_back(word);
    if (word == vocabulary.end()) break;
  }
  return result;
}

}  // namespace

CaptionReferences::CaptionReferences(const CaptionSplit& split, const Vocabulary& vocabulary)
    : unk_(vocabulary.unk()) {
  std::vector<std::int64_t> rows(static_cast<std::size_t>(split.count()));
  std::iota(rows.begin(), rows.end(), 0);
  const auto image = [&](std::int64_t row) { return split.image_idxs[static_cast<std::size_t>(row)]; };
  std::stable_sort(rows.begin(), rows.end(),
                   [&](std::int64_t a, std::int64_t b) { return image(a) < image(b); });
  std::vector<CaptionWords> words;
  std::vector<std::int32_t> image_of;  // counts those that have captions
  for (const std::int64_t row : rows) {
    const auto own = static_cast<std::size_t>(image(row));
    const bool is_new = first_.size() <= own;
    if (is_new) first_.resize(own + 1, words.size());
    image_of.push_back(image_of.empty() ? 0 : image_of.back() + (is_new ? 1 : 0));
    words.push_back(words_of(split.caption(row), vocabulary));
  }
  first_.resize(static_cast<std::size_t>(split.images.count()) + 1, words.size());
  ngrams_ = numbers_.add(words);
  for (std::size_t r = 0; r < ngrams_.size(); ++r) views_.push_back(ngrams_[r]);
  cider_.emplace(ngrams_, image_of, numbers_);
}

NgramLists CaptionReferences::look_up(std::span<const std::vector<std::int32_t>> captions) const {
  constexpr std::int32_t in_no_reference = std::numeric_limits<std::int32_t>::max();
  std::vector<CaptionWords> words;
  for (const auto& caption : captions) {
    words.push_back({.tokens = {}, .words = caption});
    auto& own = words.back().words;
    if (unk_ >= 0) std::replace(own.begin(), own.end(), unk_, in_no_reference);
  }
  return numbers_.look_up(words);
}

}  // namespace dlcore
