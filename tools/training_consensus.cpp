#include "tools/training_consensus.h"

#include <filesystem>

#include "core/format.h"
#include "models/caption_task.h"
#include "models/config.h"

namespace dlcore {

std::unique_ptr<CaptionConsensus> training_consensus(const std::string& model_path, const std::string& config,
                                                     const CaptionModel& model, PhotoCaptioner* photos,
                                                     const Stream& stream) {
  namespace fs = std::filesystem;
  const std::string path =
      config.empty() ? (fs::path(model_path).parent_path() / "config.yaml").string() : config;
  std::error_code none;
  require(fs::exists(path, none),
          "--neighbors needs the training data's captions, but there is no {}, the configuration that names "
          "them: say with --training-config where it is",
          path);
  Config run = load_config(path, {});
  run.data.validate_on = "train";  // the other split is not needed
  const CaptionData data = open_data(run);
  const std::string difference = model.vocabulary.difference(data.vocabulary());
  require(difference.empty(), "{} was trained with another vocabulary than that of {}'s data: {}", model_path,
          path, difference);
  const CaptionSplit& split = data.split("train");
  const Shape& expected = model.captioner->config().feature_shape;
  if (run.from_pictures()) {
    require(photos != nullptr,
            "{} is of a model that was trained from pictures, but {} was trained on features", path,
            model_path);
    return std::make_unique<CaptionConsensus>(split, model.vocabulary, expected,
                                              photos->features_of(split.images.features), stream);
  }
  require(data.feature_shape() == expected, "{} was trained on features {}, but those of {}'s data are {}",
          model_path, expected, path, data.feature_shape());
  return std::make_unique<CaptionConsensus>(split, model.vocabulary, expected, stored_features(split),
                                            stream);
}

}  // namespace dlcore
