#include "models/meteor.h"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "core/cpu.h"
#include "core/error.h"
#include "io/caption_tokens.h"
#include "models/english_stemmer.h"
#include "models/word_alignment.h"

namespace dlcore {

namespace {

constexpr double delta = 0.75;  // of content words; the rest of 1 is that of function words
constexpr std::array<double, 2> matcher_weights{1, 0.6};
constexpr std::size_t most_words = 500;  // the time to align them grows with their square, or faster

struct Text {
  std::vector<StemmedWord> words;
  std::vector<char> function;  // whether it is a function word
};

// Gives words their numbers and stems.
class TextReader {
 public:
  explicit TextReader(std::span<const std::string> function_words)
      : function_words_(function_words.begin(), function_words.end()) {}

  // The text has to stay.
  Text operator()(std::string_view tokenized) {
    const std::vector<std::string_view> words = split_words(tokenized);
    require(words.size() <= most_words, "METEOR is for captions of up to {} words, but there is one of {}",
            most_words, words.size());
    Text text;
    for (const std::string_view word : words) {
      const auto [known, fresh] = known_.try_emplace(word);
      if (fresh) known->second = make(word);
      text.words.push_back(known->second.word);
      text.function.push_back(known->second.function);
    }
    return text;
  }

 private:
  struct Known {
    StemmedWord word;
    bool function = false;
  };

  Known make(std::string_view word) {
    const auto stem = stems_.try_emplace(stemmer_(word), static_cast<std::int32_t>(stems_.size())).first;
    return {{static_cast<std::int32_t>(known_.size()), stem->second}, function_words_.contains(word)};
  }

  EnglishStemmer stemmer_;
  std::unordered_set<std::string_view> function_words_;
  std::unordered_map<std::string_view, Known> known_;
  std::unordered_map<std::string, std::int32_t> stems_;
};

void count_word(MeteorCounts::Side& side, bool function) {
  ++(function ? side.function_words : side.content_words);
}
void count_match(MeteorCounts::Side& side, bool function, std::size_t matcher) {
  ++(function ? side.function_matches : side.content_matches)[matcher];
}

MeteorCounts counts_of(const Text& caption, const Text& reference) {
  const std::vector<std::int32_t> alignment = align_words(caption.words, reference.words);
  MeteorCounts counts;
  for (const char function : caption.function) count_word(counts.caption, function);
  for (const char function : reference.function) count_word(counts.reference, function);
  for (std::size_t j = 0; j < alignment.size(); ++j) {
    if (alignment[j] < 0) continue;
    const auto i = static_cast<std::size_t>(alignment[j]);
    const std::size_t matcher = caption.words[i].word == reference.words[j].word ? 0 : 1;
    count_match(counts.caption, caption.function[i], matcher);
    count_match(counts.reference, reference.function[j], matcher);
  }
  counts.chunks = count_chunks(alignment);
  return counts;
}

// Of an image: the counts of the best reference, the first of them, and their score.
struct Best {
  MeteorCounts counts;
  double score = -1;
};

Best best_of(const Text& caption, std::span<const Text> references) {
  Best best;
  for (const Text& reference : references) {
    const MeteorCounts counts = counts_of(caption, reference);
    const double score = meteor(counts);
    if (score > best.score) best = {counts, score};
  }
  return best;
}

double share_of_matches(const MeteorCounts::Side& side) {
  double matches = 0;
  for (std::size_t m = 0; m < matcher_weights.size(); ++m)
    matches += matcher_weights[m] * (delta * static_cast<double>(side.content_matches[m]) +
                                     (1 - delta) * static_cast<double>(side.function_matches[m]));
  return matches / (delta * static_cast<double>(side.content_words) +
                    (1 - delta) * static_cast<double>(side.function_words));
}

std::int64_t matches_of(const MeteorCounts::Side& side) {
  return side.content_matches[0] + side.content_matches[1] + side.function_matches[0] +
         side.function_matches[1];
}

}  // namespace

MeteorCounts::Side& MeteorCounts::Side::operator+=(const Side& other) {
  content_words += other.content_words;
  function_words += other.function_words;
  for (std::size_t m = 0; m < content_matches.size(); ++m) {
    content_matches[m] += other.content_matches[m];
    function_matches[m] += other.function_matches[m];
  }
  return *this;
}

bool MeteorCounts::Side::all_match() const {
  return matches_of(*this) == content_words + function_words;
}

MeteorCounts& MeteorCounts::operator+=(const MeteorCounts& other) {
  caption += other.caption;
  reference += other.reference;
  if (!other.whole()) chunks += other.chunks;
  return *this;
}

double meteor(const MeteorCounts& counts) {
  constexpr double alpha = 0.85;
  constexpr double beta = 0.2;
  constexpr double gamma = 0.6;
  const auto pairs = static_cast<double>(matches_of(counts.caption));
  if (pairs == 0) return 0;
  const double precision = share_of_matches(counts.caption);
  const double recall = share_of_matches(counts.reference);
  const double mean = 1 / ((1 - alpha) / precision + alpha / recall);
  const double fragmentation = counts.whole() ? 0 : static_cast<double>(counts.chunks) / pairs;
  return std::max(0.0, mean * (1 - gamma * std::pow(fragmentation, beta)));
}

MeteorScores meteor(std::span<const std::string> captions,
                    std::span<const std::vector<std::string>> references,
                    std::span<const std::string> function_words) {
  const std::size_t count = captions.size();
  require(count == references.size(),
          "METEOR needs a caption for each image: there are {} of them for {} images", count,
          references.size());
  TextReader read(function_words);
  std::vector<Text> own;
  std::vector<std::vector<Text>> others(count);
  for (std::size_t i = 0; i < count; ++i) {
    require(!references[i].empty(), "METEOR needs references: image {} of {} has none", i, count);
    own.push_back(read(captions[i]));
    for (const std::string& reference : references[i]) others[i].push_back(read(reference));
  }
  std::vector<Best> best(count);
  constexpr std::size_t images_of_a_thread = 100;  // some milliseconds
  const std::size_t threads =
      std::clamp<std::size_t>(count / images_of_a_thread, 1, static_cast<std::size_t>(cpu_threads()));
  in_threads(static_cast<int>(threads), [&](int thread) {
    const auto k = static_cast<std::size_t>(thread);
    for (std::size_t i = count * k / threads; i < count * (k + 1) / threads; ++i)
      best[i] = best_of(own[i], others[i]);
  });
  MeteorScores scores;
  MeteorCounts sum;
  for (const Best& each : best) {
    scores.images.push_back(each.score);
    sum += each.counts;
  }
  scores.corpus = meteor(sum);
  return scores;
}

}  // namespace dlcore
