#include "tools/caption_output.h"

#include <fmt/format.h>

#include <utility>

#include "models/spelled_caption.h"

namespace dlcore {

std::string CaptionedImage::name() const {
  return !file_name.empty() ? file_name : std::to_string(id.value_or(row));
}

CaptionResult CaptionedImage::result(std::string caption) const {
  return {.image_id = id, .caption = std::move(caption), .file_name = file_name, .row = row};
}

void CaptionOutput::write(const CaptionedImage& image, std::span<const Caption> captions) {
  CaptionResult result = image.result(vocabulary_.decode(captions[0].words));
  for (const Caption& caption : captions) {
    ScoredCaption scored = spell(caption, vocabulary_);
    std::string line = image.name() + "\t" + scored.caption;
    if (scores_) line += fmt::format("\t{:.4f}", scored.score);
    if (!log_probabilities_) {
      scored.words.clear();
      scored.log_probabilities.clear();
    }
    for (std::size_t t = 0; t < scored.words.size(); ++t)
      line += fmt::format("{}{}:{:.4f}", t == 0 ? "\t" : " ", scored.words[t], scored.log_probabilities[t]);
    if (scores_) result.captions.push_back(std::move(scored));
    fmt::print("{}\n", line);
  }
  results_.push_back(std::move(result));
}

void CaptionOutput::write_raw(const CaptionedImage& image, std::span<const std::int32_t> words) {
  std::string text;
  for (const auto word : words) text += (text.empty() ? "" : " ") + vocabulary_.word(word);
  fmt::print("{}\t{}\n", image.name(), text);
  results_.push_back(image.result(std::move(text)));
}

}  // namespace dlcore
