// The steps of beam search and sampling by a captioner: states that follow their hypotheses from row to row,
// and the words that come next.
#pragma once

#include "layers/vocabulary_loss.h"
#include "models/decode_step.h"
#include "models/projected_words.h"

namespace dlcore {

class CaptionSteps {
 public:
  /// From the initial states h0 (images, H) on, for at most `most` rows in a step and `steps` steps. The
  /// parameters stay as they are meanwhile. embedding: (V, D)
  CaptionSteps(const Stream& stream, const RecurrentLayer& cell, const Tensor& embedding,
               const VocabularyLoss& vocabulary, const Tensor& h0, std::int64_t most, std::int64_t steps);

  StepWords top(const StepRows& rows, std::int64_t k);
  StepWords draw(const StepRows& rows, std::span<const double> uniform, const DecodeOptions& options);

 private:
  /// The scores of the next words, (rows, V).
  Tensor advance(const StepRows& rows);

  Stream stream_;
  const RecurrentLayer& cell_;
  const VocabularyLoss& vocabulary_;
  ProjectedWords projected_;
  RecurrentLayer::State state_;           // after the last step; c undefined before the first
  RecurrentLayer::State first_, second_;  // room for two states, (most, H) each
  std::int64_t rows_;                     // of the last step
  Tensor gates_, scores_;                 // (most, G H), (most, V)
  Tensor weights_;                        // (most, V), for drawing
};

}  // namespace dlcore
