#include "tools/photo_encoder.h"

#include <filesystem>

#include "core/format.h"
#include "io/checksum.h"

namespace dlcore {
namespace {

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

void add_weights_option(CLI::App& app, std::string& weights) {
  app.add_option("--weights", weights,
                 "Photos: the encoder's weights, where the file that the model names is somewhere else now");
}

std::unique_ptr<EncoderFeatures> photo_encoder(const std::string& path, CaptionModel& model,
                                               const std::string& weights, Device device) {
  auto encoder = encoder_of(path, model, weights, device);
  const Shape& expected = model.captioner->config().feature_shape;
  require(encoder->feature_shape() == expected, "{} was trained on features {}, but its encoder makes {}",
          path, expected, encoder->feature_shape());
  return encoder;
}

std::uint64_t sampling_key(const std::string& name) {
  return checksum(std::filesystem::path(name).filename().string());
}

}  // namespace dlcore
