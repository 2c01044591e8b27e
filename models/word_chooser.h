// The word with the largest score for each hidden state: the arg-max of h W + b over the vocabulary.
#pragma once

#include <cstdint>

#include "layers/vocabulary_loss.h"

namespace dlcore {

class WordChooser {
 public:
  /// For n hidden states at a time, `steps` times, with parameters that stay as they are.
  WordChooser(const Stream& stream, const VocabularyLoss& vocabulary, std::int64_t n, std::int64_t steps);

  /// h: (n, H); words: (n) int32
  void choose(const Tensor& h, const Tensor& words) const;

 private:
  Stream stream_;
  const VocabularyLoss& vocabulary_;
  Tensor scores_;  // (n, V); of bfloat16 and without bias where only some are computed in full
  // Then, for screened_arg_max: W by words, W rounded, and of h rounded.
  Tensor by_word_, rounded_, norm_, error_, h_rounded_, h_norm_, h_error_;
};

}  // namespace dlcore
