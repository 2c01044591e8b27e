#include "tools/caption_output.h"

#include <fmt/format.h>

namespace dlcore {

void CaptionOutput::write(const std::string& name, std::int64_t id, std::span<const Caption> captions) {
  CaptionResult result{id, vocabulary_.decode(captions[0].words), {}};
  for (const Caption& caption : captions) {
    const std::string text = vocabulary_.decode(caption.words);
    std::string line = name + "\t" + text;
    if (scores_) {
      line += fmt::format("\t{:.4f}", caption.score);
      result.captions.push_back({text, caption.score, {}, {}});
    }
    if (log_probabilities_) {
      ScoredCaption& scored = result.captions.back();
      scored.words = words_of(caption);
      scored.log_probabilities = caption.log_probabilities;
      for (std::size_t t = 0; t < scored.words.size(); ++t)
        line += fmt::format("{}{}:{:.4f}", t == 0 ? "\t" : " ", scored.words[t], scored.log_probabilities[t]);
    }
    fmt::print("{}\n", line);
  }
  results_.push_back(std::move(result));
}

void CaptionOutput::write_raw(const std::string& name, std::int64_t id, std::span<const std::int32_t> words) {
  std::string text;
  for (const auto word : words) text += (text.empty() ? "" : " ") + vocabulary_.word(word);
  fmt::print("{}\t{}\n", name, text);
  results_.push_back({id, std::move(text), {}});
}

std::vector<std::string> CaptionOutput::words_of(const Caption& caption) const {
  std::vector<std::string> words;
  for (const auto word : caption.words) words.push_back(vocabulary_.word(word));
  if (caption.log_probabilities.size() > caption.words.size())
    words.push_back(vocabulary_.word(vocabulary_.end()));
  return words;
}

}  // namespace dlcore
