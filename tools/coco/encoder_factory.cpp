#include "tools/coco/encoder_factory.h"

#include <fmt/format.h>

#include "core/error.h"
#include "models/encoder_features.h"
#include "tools/device_option.h"

namespace dlcore {

std::unique_ptr<FeatureExtractor> make_encoder(const EncoderOptions& options) {
  if (options.name.empty()) {
    require(options.pool.empty() || options.pool == "none", "--pool {} needs an --encoder", options.pool);
    require(options.weights.empty(), "--weights {} needs an --encoder", options.weights);
    return nullptr;
  }
  require(options.pool != "none",
          "--encoder {} and --pool none contradict each other: without features no encoder is "
          "needed",
          options.name);
  const Device device = announce_device(options.device);
  if (options.weights.empty())
    fmt::print("encoder {}: no --weights, so they are random: the features know little of the pictures\n",
               options.name);
  EncoderSource source;
  source.config.name = options.name;
  source.config.image_size = options.size;
  source.config.level = options.level;
  source.config.pool = options.pool.empty() ? "vector" : options.pool;
  source.fit = options.fit;
  source.weights = options.weights;
  return std::make_unique<EncoderFeatures>(source, device);
}

}  // namespace dlcore
