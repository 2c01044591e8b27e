#include "tools/caption_output.h"

#include <fmt/format.h>

#include "tools/scored_caption.h"

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
      const ScoredCaption& scored = result.captions.back() = scored_caption(vocabulary_, caption);
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

}  // namespace dlcore
