#include "tests/soak/training.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "io/atomic_file.h"

namespace dlcore::test {
namespace {

void prepare(const std::vector<std::string>& arguments) {
  const ProgramResult result = run_program("prepare", arguments);
  if (result.code != 0) throw std::runtime_error(result.err);
}

// Learning rates are small: what is learnt would change how long captions are, and with it what a step costs.
constexpr const char* pictures = R"(
model: {{encoder: regnet_x_400mf, level: c3, pool: 2x2, normalize_features: true, wordvec_dim: 32, hidden_dim: 64,
        dropout: 0.2}}
data: {{root: {0}, file: scenes.h5, annotations: scenes/train.json, images: scenes/train,
       val_annotations: scenes/val.json, val_images: scenes/val, image_size: 48, crop: 40, flip: true, min_count: 1}}
train: {{epochs: 1000000, batch: 60, group_captions: true, clip_norm: 1, average: 0.99, scheduled_sampling: 0.2,
        label_smoothing: 0.1, caption_images: 20, gallery_images: 8, checkpoint_every: 20, out: {0}/run}}
optimizer: {{learning_rate: 1e-6, encoder_learning_rate: 1e-6, warmup_steps: 10}}
)";
constexpr const char* features = R"(
model: {{wordvec_dim: 32, hidden_dim: 128, standardize: true, feature_dropout: 0.1}}
data: {{root: {0}, file: scenes.h5, cache_mib: 1}}
train: {{epochs: 2, batch: 50, clip_norm: 1, caption_images: 40, gallery_images: 8, checkpoint_every: 20, best: cider,
        out: {0}/run}}
self_critical: {{epochs: 1000000, samples: 3, batch: 20, rate: 1e-6, bleu4: 0.5, cross_entropy: 0.1}}
)";

}  // namespace

EndlessTraining::EndlessTraining(const std::string& kind, int scenes)
    : epochs_before_(kind == "features" ? 2 : 0),
      program_("train", {write(kind, scenes), "--device", "cpu"}) {}

std::string EndlessTraining::write(const std::string& kind, int scenes) const {
  const std::string folder = folder_.path().string();
  if (kind == "pictures")
    prepare({"scenes", "--out", folder + "/scenes", "--count", std::to_string(scenes), "--size", "48"});
  else
    prepare({"scenes", "--out", folder + "/scenes.h5", "--count", std::to_string(scenes)});
  write_file_atomically(folder + "/config.yaml",
                        kind == "pictures" ? fmt::format(pictures, folder) : fmt::format(features, folder));
  return folder + "/config.yaml";
}

EndlessTraining::Done EndlessTraining::done() const {
  std::ifstream file(folder_.file("run/metrics.csv"));
  std::string line;
  std::getline(file, line);
  Done done;
  char comma = 0;
  while (std::getline(file, line)) std::istringstream(line) >> done.epochs >> comma >> done.steps;
  return done.epochs > epochs_before_ ? done : Done{};
}

}  // namespace dlcore::test
