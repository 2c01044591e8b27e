#include "models/caption_statistics.h"

#include <algorithm>
#include <string_view>
#include <unordered_set>

#include "io/caption_tokens.h"

namespace dlcore {

CaptionStatistics caption_statistics(std::span<const std::string> captions) {
  std::unordered_set<std::string_view> different(captions.begin(), captions.end());
  std::unordered_set<std::string_view> vocabulary;
  std::size_t words = 0;
  for (const std::string& caption : captions)
    for (const std::string_view word : split_words(caption)) {
      vocabulary.insert(word);
      ++words;
    }
  CaptionStatistics result;
  result.captions = static_cast<std::int64_t>(captions.size());
  result.distinct = static_cast<std::int64_t>(different.size());
  result.vocabulary = static_cast<std::int64_t>(vocabulary.size());
  if (!captions.empty()) result.length = static_cast<double>(words) / static_cast<double>(captions.size());
  return result;
}

double share_seen(std::span<const std::string> captions, std::span<const std::string> training) {
  if (captions.empty()) return 0;
  const std::unordered_set<std::string_view> known(training.begin(), training.end());
  const auto seen = std::count_if(captions.begin(), captions.end(),
                                  [&](const std::string& caption) { return known.contains(caption); });
  return static_cast<double>(seen) / static_cast<double>(captions.size());
}

}  // namespace dlcore
