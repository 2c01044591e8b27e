// Captions of validation images, as the model makes them by itself, and their scores.
#pragma once

#include <string>
#include <vector>

#include "models/caption_scores.h"
#include "models/encoder_decoder.h"
#include "models/first_images.h"

namespace dlcore {

class SavedState;

/// What the trainer tells of an epoch.
struct CaptionReport {
  CaptionScores scores;        // of greedy captions, against the data's own words (cut, and with <UNK>)
  double cider_exchanged = 0;  // CIDEr with the next image's caption
  std::int64_t images = 0, distinct = 0;

  void state(SavedState& saved);
};

class CaptionValidation {
 public:
  /// Of the first `images` images of `split` that have captions; `options` as for its validation. `split` and
  /// `vocabulary` must outlive it.
  CaptionValidation(const CaptionSplit& split, const Vocabulary& vocabulary, std::int64_t images,
                    DataLoader::Options options, const Stream& stream);

  /// The model must be ready for evaluation (Encoder::freeze).
  CaptionReport operator()(const Context& evaluation, EncoderDecoder& model);

 private:
  const CaptionSplit& split_;
  const Vocabulary& vocabulary_;
  FirstImages images_;
  DataLoader loader_;  // one caption of each image
  CaptionScorer scorer_;
};

}  // namespace dlcore
