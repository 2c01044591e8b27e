#include "models/caption_scores.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "core/cpu.h"
#include "core/error.h"
#include "models/bleu.h"
#include "models/caption_ngrams.h"
#include "models/caption_words.h"
#include "models/cider.h"
#include "models/rouge_l.h"

namespace dlcore {

namespace {

// f(i, matcher) for each image, in several threads where there are images enough to be worth them.
template <class F>
void for_each_image(std::size_t count, const NgramNumbers& ngrams, F f) {
  constexpr std::size_t images_of_a_thread = 500;  // a millisecond
  const std::size_t threads =
      std::clamp<std::size_t>(count / images_of_a_thread, 1, static_cast<std::size_t>(cpu_threads()));
  in_threads(static_cast<int>(threads), [&](int thread) {
    NgramMatcher matcher(ngrams);
    const auto k = static_cast<std::size_t>(thread);
    for (std::size_t i = count * k / threads; i < count * (k + 1) / threads; ++i) f(i, matcher);
  });
}

}  // namespace

struct CaptionScorer::Impl {
  WordNumbers words;
  NgramNumbers ngrams;
  std::vector<std::vector<CaptionWords>> reference_words;  // [image][reference]
  std::vector<std::vector<NgramCounts>> reference_ngrams;  // the same
  std::unique_ptr<Cider> cider;

  explicit Impl(std::span<const std::vector<std::string>> references) {
    require(!references.empty(), "captions cannot be scored: there are no images");
    std::size_t total = 0;
    for (std::size_t i = 0; i < references.size(); ++i) {
      require(!references[i].empty(), "captions cannot be scored: image {} of {} has no references", i,
              references.size());
      auto& own = reference_words.emplace_back();
      for (const std::string& reference : references[i]) {
        own.push_back(words.add(reference));
        total += own.back().words.size();
      }
    }
    ngrams.reserve(total);
    for (const auto& own : reference_words) {
      auto& counts = reference_ngrams.emplace_back();
      for (const CaptionWords& reference : own) counts.push_back(ngrams.add(reference.words));
    }
    cider = std::make_unique<Cider>(reference_ngrams, ngrams);
  }
};

CaptionScorer::CaptionScorer(std::span<const std::vector<std::string>> references)
    : impl_(std::make_unique<Impl>(references)) {}
CaptionScorer::~CaptionScorer() = default;
CaptionScorer::CaptionScorer(CaptionScorer&&) noexcept = default;
CaptionScorer& CaptionScorer::operator=(CaptionScorer&&) noexcept = default;

ScoredCaptions CaptionScorer::operator()(std::span<const std::string> captions) const {
  const Impl& own = *impl_;
  const std::size_t count = own.reference_words.size();
  require(captions.size() == count, "captions cannot be scored: there are {} of them for {} images",
          captions.size(), count);
  ScoredCaptions result;
  result.images.resize(count);
  std::vector<NgramCounts> ngrams(count);
  std::vector<BleuCounts> counts(count);
  std::vector<double> exchanged(count);
  for_each_image(count, own.ngrams, [&](std::size_t i, NgramMatcher& matcher) {
    const CaptionWords words = own.words.look_up(captions[i]);
    ngrams[i] = own.ngrams.look_up(words.words);
    matcher.compare(ngrams[i]);
    counts[i] = bleu_counts(matcher, own.reference_ngrams[i]);
    result.images[i] = {.bleu = bleu(counts[i]),
                        .rouge_l = rouge_l(words, own.reference_words[i]),
                        .cider = (*own.cider)(matcher, i, own.reference_ngrams[i])};
  });
  for_each_image(count, own.ngrams, [&](std::size_t i, NgramMatcher& matcher) {
    matcher.compare(ngrams[(i + 1) % count]);
    exchanged[i] = (*own.cider)(matcher, i, own.reference_ngrams[i]);
  });
  const auto images = static_cast<double>(count);
  for (const CaptionScores& each : result.images) {
    result.corpus.rouge_l += each.rouge_l / images;
    result.corpus.cider += each.cider / images;
  }
  result.corpus.bleu = bleu(std::accumulate(counts.begin(), counts.end(), BleuCounts{},
                                            [](BleuCounts sum, const BleuCounts& x) { return sum += x; }));
  result.cider_exchanged = count > 1 ? std::accumulate(exchanged.begin(), exchanged.end(), 0.0) / images
                                     : std::numeric_limits<double>::quiet_NaN();
  return result;
}

}  // namespace dlcore
