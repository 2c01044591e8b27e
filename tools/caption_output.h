// What dlcore_caption writes: a line for each caption, and the file of --out.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "io/caption_results.h"
#include "io/vocabulary.h"
#include "models/captioner.h"

namespace dlcore {

/// What is known of an image: its id, its name, or only its row.
struct CaptionedImage {
  std::optional<std::int64_t> id;
  std::string file_name;  // or empty
  std::int64_t row = 0;

  /// The first of name, id and row that is there.
  std::string name() const;
  CaptionResult result(std::string caption) const;
};

class CaptionOutput {
 public:
  /// scores: each line has the caption's score behind it; log_probabilities: and each word with its own.
  CaptionOutput(const Vocabulary& vocabulary, bool scores, bool log_probabilities)
      : vocabulary_(vocabulary), scores_(scores), log_probabilities_(log_probabilities) {}

  /// Captions of an image: lines begin with its name, the file has its id where it is known.
  void write(const CaptionedImage& image, std::span<const Caption> captions);
  /// Words as they are, <START> and all.
  void write_raw(const CaptionedImage& image, std::span<const std::int32_t> words);

  const std::vector<CaptionResult>& results() const { return results_; }

 private:
  const Vocabulary& vocabulary_;
  bool scores_, log_probabilities_;
  std::vector<CaptionResult> results_;
};

}  // namespace dlcore
