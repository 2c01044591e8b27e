#include "models/encoder_features.h"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "io/json_text.h"
#include "models/pictures.h"

namespace dlcore {

EncoderFeatures::EncoderFeatures(const EncoderSource& source, Device device)
    : source_(source),
      device_(device),
      stream_(device),
      encoder_(std::make_unique<Encoder>(source.config, DType::float32, device)) {
  encoder_->initialize(source.seed);
  if (!source.weights.empty()) {
    encoder_->load(source.weights);
    source_.weights = std::filesystem::absolute(source.weights).lexically_normal().string();
  }
  checksum_ = encoder_->checksum();
  encoder_->freeze(stream_);
}

EncoderFeatures::EncoderFeatures(std::unique_ptr<Encoder> encoder, ImageFit fit, Device device)
    : source_{.config = encoder->config(), .fit = fit, .weights = {}},
      device_(device),
      stream_(device),
      encoder_(std::move(encoder)),
      checksum_(encoder_->checksum()) {
  encoder_->freeze(stream_);
}

std::string EncoderFeatures::description() const {
  const EncoderConfig& config = source_.config;
  return nlohmann::json{
      {"kind", "encoder"},          {"encoder", config.name},    {"level", config.level},
      {"pool", config.pool},        {"size", config.image_size}, {"fit", name_of(source_.fit)},
      {"weights", source_.weights}, {"seed", source_.seed},      {"checksum", checksum_}}
      .dump();
}

void EncoderFeatures::extract(std::span<const Image> images, std::span<float> features) {
  const std::int64_t N = static_cast<std::int64_t>(images.size()), S = image_size();
  require(static_cast<std::int64_t>(features.size()) == N * feature_shape().numel(),
          "encoder: {} pictures have {} features, not {}", N, N * feature_shape().numel(), features.size());
  const Tensor pictures({N, S, S, 3}, DType::float32);
  float* place = pictures.data<float>();
  for (const Image& image : images) {
    require(image.height == S && image.width == S, "encoder: expected pictures of {}x{}, not {}x{}", S, S,
            image.height, image.width);
    normalize_pixels(image.pixels, place);
    place += image.pixels.size();
  }
  const Tensor result =
      encoder_->forward({.stream = stream_}, pictures.to(device_)).to(Device::cpu()).to(DType::float32);
  std::copy_n(result.data<float>(), features.size(), features.data());
}

ImageFit fit_of(const std::string& description) {
  const auto json = parse_json_if_valid(description);
  if (!json.is_object() || !json.contains("fit") || !json["fit"].is_string()) return ImageFit::crop;
  return image_fit_from_name(json["fit"].get<std::string>());
}

std::unique_ptr<EncoderFeatures> open_encoder(const std::string& description, const std::string& weights,
                                              Device device) {
  EncoderSource source;
  std::string checksum;
  try {
    const auto json = parse_json(description, "it");
    require(json.is_object() && json.value("kind", "") == "encoder", "{}", description);
    source.config.name = json.at("encoder").get<std::string>();
    source.config.level = json.value("level", source.config.level);
    source.config.pool = json.at("pool").get<std::string>();
    source.config.image_size = json_integer<std::int64_t>(json.at("size"), "size");
    source.fit = fit_of(description);
    source.weights = json.at("weights").get<std::string>();
    source.seed = json_integer<std::uint64_t>(json.at("seed"), "seed");
    checksum = json.at("checksum").get<std::string>();
  } catch (const nlohmann::json::exception&) {
    fail("the features were not made by an encoder of dlcore: {}",
         description.empty() ? "they do not say how" : description);
  } catch (const Error&) {
    fail("the features were not made by an encoder of dlcore: {}", description);
  }
  if (!weights.empty()) source.weights = weights;
  require(source.weights.empty() || !weights.empty() || std::filesystem::exists(source.weights),
          "the encoder's weights are no longer at {}: say with --weights where they are", source.weights);
  auto encoder = std::make_unique<EncoderFeatures>(source, device);
  const std::string found =
      parse_json(encoder->description(), "the encoder's description").at("checksum").get<std::string>();
  require(found == checksum,
          "the weights{} are not those that made the features: their checksum is {}, expected {}",
          source.weights.empty() ? "" : " in " + source.weights, found, checksum);
  return encoder;
}

}  // namespace dlcore
