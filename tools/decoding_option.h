// The options that say how captions are decoded: of dlcore_caption's command line and of dlcore_serve's
// requests.
#pragma once

#include <CLI/CLI.hpp>

#include "io/vocabulary.h"
#include "models/captioner.h"

namespace dlcore {

class DecodingOptions {
 public:
  void add_to(CLI::App& app);
  /// --fixed-length, which needs a caller that asks fixed_length().
  void add_fixed_length_to(CLI::App& app);

  /// After parsing: throws Error for options that contradict each other.
  void check() const;

  /// The report's mode: the words are those of CaptioningRNN::sample.
  bool fixed_length() const { return fixed_length_; }
  std::int64_t max_length() const { return decode_.max_length; }
  /// For captions in these words.
  DecodeOptions of(const Vocabulary& vocabulary) const;

  /// Training images whose captions decide which of an image's captions are the best
  /// (models/caption_consensus.h); 0: the model does.
  std::int64_t neighbors() const { return neighbors_; }

  /// Whether scores belong to the output, or also what each word has to do with them.
  bool scores() const { return decode_.n_best > 1 || log_probabilities(); }
  bool log_probabilities() const { return decode_.log_probabilities; }

 private:
  DecodeOptions decode_;
  std::int64_t neighbors_ = 0;
  bool fixed_length_ = false;
  bool no_unk_ = false;
  std::vector<const CLI::Option*> any_, of_beam_, of_sampling_;  // any: of both, and of greedy decoding
};

}  // namespace dlcore
