#include "models/caption_rewards.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <optional>

#include "core/error.h"
#include "models/bleu.h"
#include "models/cider.h"

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

struct CaptionRewards::Impl {
  std::vector<std::size_t> first;  // (images of the split + 1): of each image's references
  NgramNumbers numbers;
  NgramLists ngrams;
  std::optional<Cider> cider;
  std::optional<NgramMatcher> matcher;
  std::int32_t unk;
  double bleu4_weight;

  Impl(const CaptionSplit& split, const Vocabulary& vocabulary, double bleu4)
      : unk(vocabulary.unk()), bleu4_weight(bleu4) {
    std::vector<std::int64_t> rows(static_cast<std::size_t>(split.count()));
    std::iota(rows.begin(), rows.end(), 0);
    const auto image = [&](std::int64_t row) { return split.image_idxs[static_cast<std::size_t>(row)]; };
    std::stable_sort(rows.begin(), rows.end(),
                     [&](std::int64_t a, std::int64_t b) { return image(a) < image(b); });
    std::vector<CaptionWords> words;
    std::vector<std::int32_t> image_of;  // counts those that have captions
    for (const std::int64_t row : rows) {
      const auto own = static_cast<std::size_t>(image(row));
      const bool is_new = first.size() <= own;
      if (first.size() <= own) first.resize(own + 1, words.size());
      image_of.push_back(image_of.empty() ? 0 : image_of.back() + (is_new ? 1 : 0));
      words.push_back(words_of(split.caption(row), vocabulary));
    }
    first.resize(static_cast<std::size_t>(split.images.count()) + 1, words.size());
    ngrams = numbers.add(words);
    cider.emplace(ngrams, image_of, numbers);
    matcher.emplace(numbers);
  }
};

CaptionRewards::CaptionRewards(const CaptionSplit& split, const Vocabulary& vocabulary, double bleu4)
    : impl_(std::make_unique<Impl>(split, vocabulary, bleu4)) {}
CaptionRewards::~CaptionRewards() = default;

std::vector<double> CaptionRewards::operator()(std::span<const std::int32_t> images,
                                               std::span<const std::vector<std::int32_t>> captions) {
  Impl& own = *impl_;
  std::vector<CaptionWords> words;
  for (const auto& caption : captions) {
    constexpr std::int32_t in_no_reference = std::numeric_limits<std::int32_t>::max();
    words.push_back({.tokens = {}, .words = caption});
    auto& drawn = words.back().words;
    if (own.unk >= 0) std::replace(drawn.begin(), drawn.end(), own.unk, in_no_reference);
  }
  const NgramLists ngrams = own.numbers.look_up(words);
  std::vector<double> rewards;
  std::vector<CaptionNgrams> references;
  for (std::size_t i = 0; i < captions.size(); ++i) {
    const auto image = static_cast<std::size_t>(images[i]);
    references.clear();
    for (std::size_t r = own.first[image]; r < own.first[image + 1]; ++r) references.push_back(own.ngrams[r]);
    require(!references.empty(), "a caption of image {} has no reward: the image has no captions", image);
    own.matcher->compare(ngrams[i]);
    double reward = (*own.cider)(*own.matcher, references, own.first[image]);
    if (own.bleu4_weight > 0) reward += own.bleu4_weight * bleu(bleu_counts(*own.matcher, references))[3];
    rewards.push_back(reward);
  }
  return rewards;
}

}  // namespace dlcore
