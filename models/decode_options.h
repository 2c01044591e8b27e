// How captions are decoded, and what comes out: greedily, by beam search or by drawing words.
//
// Greedy decoding with a minimum length, suppressed words or without repeated n-grams is beam search with a
// beam of 1. The plain one takes the arg-max over all words, whatever they are; beam search and sampling
// never choose <NULL> and <START>, which are never targets in training.
#pragma once

#include <cstdint>
#include <vector>

namespace dlcore {

struct DecodeOptions {
  /// Steps at most: a caption of so many words counts as finished, without a probability of <END>.
  std::int64_t max_length = 16;
  std::int64_t min_length = 0;  // words without which <END> does not come
  /// Captions of an image: of beam search the best ones, all different, the best first (fewer where it found
  /// no more); of sampling so many independent ones as they were drawn.
  std::int64_t n_best = 1;
  std::int64_t no_repeat_ngram = 0;  // n words in a row come only once in a caption; 0: however often
  std::vector<std::int32_t> suppressed = {};  // words that no caption has: <UNK>, say

  std::int64_t beam = 1;      // hypotheses that are followed; 1 is greedy
  double length_penalty = 0;  // alpha, 0 or more; see Caption::score
  /// Diverse beam search: groups of beam / groups hypotheses each, one group after the other in each step.
  /// From a word's log-probability, for choosing among hypotheses, `diversity` is taken away for each
  /// hypothesis of an earlier group that goes on with it in this step. Scores do not have it in them.
  /// Source: Vijayakumar et al., "Diverse Beam Search", 2016, Hamming diversity.
  std::int64_t groups = 1;
  double diversity = 0;

  bool sample = false;
  double temperature = 1;  // words are drawn from softmax(scores / temperature)
  std::int64_t top_k = 0;  // of the so many most probable words only; 0: of all
  /// Of those, from the fewest most probable words that have this share of the probability. Source: Holtzman
  /// et al., "The Curious Case of Neural Text Degeneration", ICLR 2020.
  double top_p = 1;
  std::uint64_t seed = 0;

  /// Of plain greedy decoding too, which takes longer then; the others always have them.
  bool log_probabilities = false;

  /// Plain greedy decoding, whose words need no probabilities.
  bool greedy() const;
  /// Throws Error for values that make no sense, alone or together; V words.
  void check(std::int64_t V) const;

  friend bool operator==(const DecodeOptions&, const DecodeOptions&) = default;
};

struct Caption {
  std::vector<std::int32_t> words;  // without <START> and <END>
  /// Natural logarithms of the model's probabilities of the words, each given those before it, and of <END>
  /// as the last where it was reached; whatever temperature, suppressed words and the like made of them.
  std::vector<double> log_probabilities;
  /// Their sum / (how many there are)^alpha. Source: Wu et al., "Google's Neural Machine Translation System",
  /// 2016, section 7: 0.6 to 0.7 was best for alpha there; 1 is the mean.
  /// Plain greedy decoding without log_probabilities: NaN.
  double score = 0;
};

}  // namespace dlcore
