#include "models/caption_scores.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <optional>

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
void for_each_image(std::size_t count, const NgramNumbers& numbers, F f) {
  constexpr std::size_t images_of_a_thread = 500;  // a millisecond
  const std::size_t threads =
      std::clamp<std::size_t>(count / images_of_a_thread, 1, static_cast<std::size_t>(cpu_threads()));
  in_threads(static_cast<int>(threads), [&](int thread) {
    NgramMatcher matcher(numbers);
    const auto k = static_cast<std::size_t>(thread);
    for (std::size_t i = count * k / threads; i < count * (k + 1) / threads; ++i) f(i, matcher);
  });
}

}  // namespace

struct CaptionScorer::Impl {
  // The references of all images, one image after the other.
  std::vector<std::size_t> first;  // of each image, and the end
  WordNumbers word_numbers;
  std::vector<CaptionWords> words;
  NgramNumbers ngram_numbers;
  NgramLists ngrams;
  std::optional<Cider> cider;

  explicit Impl(std::span<const std::vector<std::string>> references) : first{0} {
    require(!references.empty(), "captions cannot be scored: there are no images");
    std::vector<std::int32_t> image_of;
    for (std::size_t i = 0; i < references.size(); ++i) {
      require(!references[i].empty(), "captions cannot be scored: image {} of {} has no references", i,
              references.size());
      for (const std::string& reference : references[i]) words.push_back(word_numbers.add(reference));
      image_of.resize(words.size(), static_cast<std::int32_t>(i));
      first.push_back(words.size());
    }
    ngrams = ngram_numbers.add(words);
    cider.emplace(ngrams, image_of, ngram_numbers);
  }

  std::size_t count() const { return first.size() - 1; }
  std::span<const CaptionWords> words_of(std::size_t image) const {
    return std::span(words).subspan(first[image], first[image + 1] - first[image]);
  }
  std::vector<CaptionNgrams> ngrams_of(std::size_t image) const {
    std::vector<CaptionNgrams> result;
    for (std::size_t r = first[image]; r < first[image + 1]; ++r) result.push_back(ngrams[r]);
    return result;
  }
};

CaptionScorer::CaptionScorer(std::span<const std::vector<std::string>> references)
    : impl_(std::make_unique<Impl>(references)) {}
CaptionScorer::~CaptionScorer() = default;
CaptionScorer::CaptionScorer(CaptionScorer&&) noexcept = default;
CaptionScorer& CaptionScorer::operator=(CaptionScorer&&) noexcept = default;

ScoredCaptions CaptionScorer::operator()(std::span<const std::string> captions) const {
  const Impl& own = *impl_;
  const std::size_t count = own.count();
  require(captions.size() == count, "captions cannot be scored: there are {} of them for {} images",
          captions.size(), count);
  std::vector<CaptionWords> words;
  for (const std::string& caption : captions) words.push_back(own.word_numbers.look_up(caption));
  const NgramLists ngrams = own.ngram_numbers.look_up(words);
  ScoredCaptions result;
  result.images.resize(count);
  std::vector<BleuCounts> counts(count);
  std::vector<double> exchanged(count);
  for_each_image(count, own.ngram_numbers, [&](std::size_t i, NgramMatcher& matcher) {
    const std::vector<CaptionNgrams> references = own.ngrams_of(i);
    matcher.compare(ngrams[i]);
    counts[i] = bleu_counts(matcher, references);
    result.images[i] = {.bleu = bleu(counts[i]),
                        .rouge_l = rouge_l(words[i], own.words_of(i)),
                        .cider = (*own.cider)(matcher, references, own.first[i])};
    matcher.compare(ngrams[(i + 1) % count]);
    exchanged[i] = (*own.cider)(matcher, references, own.first[i]);
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
