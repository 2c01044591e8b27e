// What dlcore_caption writes: a line for each caption, and the file of --out.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "io/caption_results.h"
#include "io/vocabulary.h"
#include "models/captioner.h"

namespace dlcore {

class CaptionOutput {
 public:
  /// scores: each line has the caption's score behind it; log_probabilities: and each word with its own.
  CaptionOutput(const Vocabulary& vocabulary, bool scores, bool log_probabilities)
      : vocabulary_(vocabulary), scores_(scores), log_probabilities_(log_probabilities) {}

  /// Captions of an image: lines begin with `name`, the file has `id`.
  void write(const std::string& name, std::int64_t id, std::span<const Caption> captions);
  /// Words as they are, <START> and all.
  void write_raw(const std::string& name, std::int64_t id, std::span<const std::int32_t> words);

  const std::vector<CaptionResult>& results() const { return results_; }

 private:
  const Vocabulary& vocabulary_;
  bool scores_, log_probabilities_;
  std::vector<CaptionResult> results_;
};

}  // namespace dlcore
