// Chooses among captions of an image those that agree best with what people wrote about similar images: by
// that the captions become less alike, and say what such pictures are of rather than what is most probable
// word by word.
//
//     agreement(c) = sum over the k most similar images j of a split of
//                    share_j * CIDEr-D of c with the captions of image j
//
// with shares as in models/similar_images.h, and n-grams as rare as they are in the split. Source: Devlin et
// al., "Exploring Nearest Neighbor Approaches for Image Captioning", 2015, https://arxiv.org/abs/1505.04467
// and, for the captions of a model, Mao et al., "Deep Captioning with Multimodal Recurrent Neural Networks",
// ICLR 2015, section 8, https://arxiv.org/abs/1412.6632.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "models/caption_references.h"
#include "models/captioner.h"
#include "models/similar_images.h"

namespace dlcore {

class CaptionConsensus {
 public:
  /// Reads the features of all images of `split` that have captions. Of a model that was trained on features
  /// these are the split's own (stored_features); of one that was trained from pictures its encoder makes
  /// them. Neither `split` nor `vocabulary` is needed any more afterwards.
  CaptionConsensus(const CaptionSplit& split, const Vocabulary& vocabulary, const Shape& feature_shape,
                   const SimilarImages::FeaturesOf& features_of, const Stream& stream);

  /// CaptioningRNN::decode, but of all hypotheses of the beam, or of the captions that were drawn, the
  /// options.n_best that agree best come out (order). There must be some to choose from: a beam above 1, or
  /// sampling.
  std::vector<std::vector<Caption>> decode(const CaptioningRNN& captioner, const Stream& stream,
                                           const Tensor& features, const DecodeOptions& options,
                                           std::span<const std::uint64_t> keys, std::int64_t k) const;

  /// Puts each image's captions in the order of their agreement with those of its k most similar images, the
  /// best first and of equal ones that which was first before; a caption's score is its agreement then.
  /// features: (n, D), float32 on the CPU, of the images; captions: (n). From one thread at a time.
  void order(const Tensor& features, std::int64_t k, std::span<std::vector<Caption>> captions) const;

 private:
  CaptionReferences references_;
  SimilarImages similar_;
  std::int32_t end_;
};

/// The features that a split's file has.
SimilarImages::FeaturesOf stored_features(const CaptionSplit& split);

}  // namespace dlcore
