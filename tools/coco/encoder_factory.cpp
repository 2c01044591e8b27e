#include "tools/coco/encoder_factory.h"

#include "core/error.h"

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
  fail(
      "there is no encoder {} in this program: it knows none yet, and stores pictures only (--pool none "
      "--store-images 112)",
      options.name);
}

}  // namespace dlcore
