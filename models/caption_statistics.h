// What captions are like, without references: whether they repeat themselves or the training data.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace dlcore {

/// Of tokenised captions, words joined by spaces.
struct CaptionStatistics {
  std::int64_t captions = 0;
  std::int64_t distinct = 0;    // captions that differ from each other
  std::int64_t vocabulary = 0;  // words that differ from each other
  double length = 0;            // mean number of words; 0 of no captions
};
CaptionStatistics caption_statistics(std::span<const std::string> captions);

/// Share of the captions that are, word by word, one of `training`'s, tokenised as well; 0 of no captions.
double share_seen(std::span<const std::string> captions, std::span<const std::string> training);

}  // namespace dlcore
