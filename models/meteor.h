// METEOR 1.5 (Denkowski and Lavie 2014, https://aclanthology.org/W14-3348) with two of its four matchers,
// "exact" and "stem": without its synonyms and paraphrases, which are data of 60 MB, it is lower than METEOR,
// and is not to be compared with numbers of it.
//
// Equal to the original's `-l en -m "exact stem"` on tokenised captions. Its list of English function words,
// which count a third of other words, is not here: without a list all words count the same, as they do there
// with `-p "0.85 0.2 0.6 0.5"`.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace dlcore {

/// What METEOR is computed from: of a caption and a reference, or summed over a corpus.
struct MeteorCounts {
  struct Side {
    using ByMatcher = std::array<std::int64_t, 2>;  // exact, stem

    std::int64_t content_words = 0;
    std::int64_t function_words = 0;
    ByMatcher content_matches{};
    ByMatcher function_matches{};

    Side& operator+=(const Side& other);
    bool all_match() const;
  };
  Side caption;
  Side reference;
  std::int64_t chunks = 0;

  /// All words match in one chunk: then there is no penalty for its being a chunk.
  bool whole() const { return caption.all_match() && reference.all_match() && chunks == 1; }
  /// Chunks of a pair that is whole are not summed.
  MeteorCounts& operator+=(const MeteorCounts& other);
};

/// With P and R the share of the caption's and of the reference's words that match (exact 1, stem 0.6;
/// content words 0.75, function words 0.25), F = 1 / (0.15 / P + 0.85 / R), and c chunks of m pairs of words:
/// F (1 - 0.6 (c / m)^0.2), and 0 where nothing matches.
double meteor(const MeteorCounts& counts);

struct MeteorScores {
  double corpus = 0;  // of the summed counts
  std::vector<double> images;
};

/// captions[i] and references[i] are those of image i, tokenised, words joined by spaces
/// (io/caption_tokens.h). Of an image's references the best counts. Error when there are not as many captions
/// as images, an image has no references, or a text has more than 500 words.
MeteorScores meteor(std::span<const std::string> captions,
                    std::span<const std::vector<std::string>> references,
                    std::span<const std::string> function_words = {});

}  // namespace dlcore
