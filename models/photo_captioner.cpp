#include "models/photo_captioner.h"

#include <filesystem>

#include "core/format.h"
#include "io/checksum.h"
#include "models/spelled_caption.h"

namespace dlcore {
namespace {

// The encoder of the file leaves the model.
std::unique_ptr<EncoderFeatures> encoder_of(const std::string& path, CaptionModel& model,
                                            const std::string& weights, Device device) {
  if (model.encoder != nullptr)
    return std::make_unique<EncoderFeatures>(std::move(model.encoder), fit_of(model.features_description),
                                             device);
  try {
    return open_encoder(model.features_description, weights, device);
  } catch (const Error& error) {
    fail("{} cannot caption photos: {}", path, error.what());
  }
}

}  // namespace

PhotoCaptioner::PhotoCaptioner(const std::string& path, Device device, const std::string& weights)
    : model_(load_model(path, device)), encoder_(encoder_of(path, model_, weights, device)), stream_(device) {
  const Shape& expected = model_.captioner->config().feature_shape;
  require(encoder_->feature_shape() == expected, "{} was trained on features {}, but its encoder makes {}",
          path, expected, encoder_->feature_shape());
}

Image PhotoCaptioner::square(const Image& photo) const {
  return make_square(photo, encoder_->image_size(), encoder_->fit());
}

Tensor PhotoCaptioner::features(std::span<const Image> squares) {
  const Tensor features({static_cast<std::int64_t>(squares.size()), encoder_->feature_shape().numel()},
                        DType::float32);
  encoder_->extract(squares, std::span(features.data<float>(), static_cast<std::size_t>(features.numel())));
  return features;
}

SimilarImages::FeaturesOf PhotoCaptioner::features_of(const FeatureReader& pictures) {
  const std::int64_t S = pictures.row_shape()[0], side = encoder_->image_size(), margin = (S - side) / 2;
  require(side <= S, "the encoder takes pictures of {0}x{0}, but those in {1} are {2} pixels wide", side,
          pictures.path(), S);
  return [this, &pictures, S, side, margin](std::span<const std::int64_t> rows) {
    std::vector<float> values(rows.size() * static_cast<std::size_t>(pictures.row_size()));
    pictures.read(rows, values.data());
    std::vector<Image> squares(rows.size(), {side, side, {}});
    const float* picture = values.data();
    for (Image& square : squares) {
      for (std::int64_t y = margin; y < margin + side; ++y) {
        const float* line = picture + (y * S + margin) * 3;
        for (std::int64_t i = 0; i < side * 3; ++i)
          square.pixels.push_back(static_cast<std::uint8_t>(line[i]));  // they are whole numbers
      }
      picture += pictures.row_size();
    }
    return features(squares);
  };
}

std::vector<ScoredCaption> PhotoCaptioner::caption(const Image& photo, const DecodeOptions& options,
                                                   std::uint64_t key) {
  const Image picture = square(photo);
  const Tensor of_picture = features({&picture, 1}).to(stream_.device());
  std::vector<ScoredCaption> captions;
  const auto decoded = model_.captioner->decode(stream_, of_picture, options, {&key, 1});
  for (const Caption& one : decoded.front()) captions.push_back(spell(one, model_.vocabulary));
  return captions;
}

std::uint64_t sampling_key(const std::string& name) {
  return checksum(std::filesystem::path(name).filename().string());
}

}  // namespace dlcore
