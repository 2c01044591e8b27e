// Captions of validation images for people to look at: greedy and by beam search, with the probability of
// each word, beside the references and the photo.
#pragma once

#include "io/html/gallery.h"
#include "io/photo_source.h"
#include "models/encoder_decoder.h"
#include "models/first_images.h"

namespace dlcore {

class CaptionGallery {
 public:
  struct Wanted {
    std::int64_t images = 0;  // at most
    std::int64_t beam = 1;    // hypotheses of the second caption; 1: there is none
    std::string photos;       // folder (io/photo_source.h)
  };

  /// Of the first images of `split`; `options` as for its validation. `split` and `vocabulary` must outlive
  /// it. Photos are read here, once.
  CaptionGallery(const CaptionSplit& split, const Vocabulary& vocabulary, const Wanted& wanted,
                 DataLoader::Options options, const Stream& stream);

  /// The model must be ready for evaluation (Encoder::freeze).
  Gallery operator()(const Context& evaluation, EncoderDecoder& model);

 private:
  const Vocabulary& vocabulary_;
  std::int64_t beam_, max_length_;
  FirstImages images_;
  DataLoader loader_;  // one caption of each image
  Gallery frame_;      // names, photos and references
};

/// Gives each image that has references the CIDEr of its first caption, with words as rare as in the
/// references of all these images. references[i]: those of image i as words joined by spaces, or none. Where
/// fewer than two images have any nothing is scored.
void score_gallery(Gallery& gallery, const std::vector<std::vector<std::string>>& references);

}  // namespace dlcore
