// From photos to captions with one model file.
//
//     dlcore::PhotoCaptioner captioner("model.safetensors", dlcore::Device::cpu());
//     puts(captioner.caption(dlcore::read_image("photo.jpg")).front().caption.c_str());
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "io/caption_results.h"
#include "io/feature_reader.h"
#include "io/image.h"
#include "models/encoder_features.h"
#include "models/model_file.h"
#include "models/similar_images.h"

namespace dlcore {

/// The captioner of a model file with the encoder that was trained with it, or the one that made the features
/// that it was trained on.
class PhotoCaptioner {
 public:
  /// weights: the encoder's, in place of the file that the model names. Throws Error when the file is no
  /// model, when there is no encoder, and when that makes features of another shape.
  PhotoCaptioner(const std::string& path, Device device, const std::string& weights = {});

  /// With captioner and vocabulary; the encoder is out of it.
  const CaptionModel& model() const { return model_; }

  /// A photo as the encoder takes it. In any thread.
  Image square(const Image& photo) const;
  /// Features (n, D), float32 and on the CPU, of n pictures that are square already.
  Tensor features(std::span<const Image> squares);

  /// Those of pictures that a data file stores (FeatureReader::Options::pictures), of which the middle is
  /// taken where the encoder's are smaller. `pictures` and this must outlive the result.
  SimilarImages::FeaturesOf features_of(const FeatureReader& pictures);

  /// Captions of a photo, in one of the ways of DecodeOptions, the best first. key: what drawn words come
  /// from besides the seed.
  std::vector<ScoredCaption> caption(const Image& photo, const DecodeOptions& options = {},
                                     std::uint64_t key = 0);

 private:
  CaptionModel model_;
  std::unique_ptr<EncoderFeatures> encoder_;
  Stream stream_;
};

/// What an image's random numbers come from when words are drawn: its name without the folder, or its id, so
/// that they are the same in every batch.
std::uint64_t sampling_key(const std::string& name);

}  // namespace dlcore
