// An encoder with constant weights that makes features of pictures, and the JSON that says how it did.
#pragma once

#include <memory>
#include <string>

#include "io/feature_extractor.h"
#include "io/image_resize.h"
#include "models/encoder.h"

namespace dlcore {

struct EncoderSource {
  EncoderConfig config{};
  ImageFit fit = ImageFit::crop;  // how pictures are made square before; noted in the description
  std::string weights;            // file (Encoder::load); empty: random weights, of `seed`
  std::uint64_t seed = 0;
};

class EncoderFeatures : public FeatureExtractor {
 public:
  /// Throws Error for weights that cannot be read.
  EncoderFeatures(const EncoderSource& source, Device device);
  /// An encoder that has its weights already.
  EncoderFeatures(std::unique_ptr<Encoder> encoder, ImageFit fit, Device device);

  std::int64_t image_size() const override { return encoder_->config().image_size; }
  ImageFit fit() const { return source_.fit; }
  Shape feature_shape() const override { return encoder_->feature_shape(); }
  /// {"kind": "encoder", "encoder": "regnet_x_400mf", "pool": ..., "size": ..., "fit": ..., "weights":
  /// "/path" or
  /// "", "seed": ..., "checksum": ...}
  std::string description() const override;
  void extract(std::span<const Image> images, std::span<float> features) override;

 private:
  EncoderSource source_;
  Device device_;
  Stream stream_;
  std::unique_ptr<Encoder> encoder_;
  std::string checksum_;
};

/// How pictures were made square, by a description of features or pictures; crop where it does not say.
ImageFit fit_of(const std::string& description);

/// The encoder that a description speaks of. `weights` replaces the file that it names. Throws Error when the
/// description is of something else, and when the weights are others than those that made the features.
std::unique_ptr<EncoderFeatures> open_encoder(const std::string& description, const std::string& weights,
                                              Device device);

}  // namespace dlcore
