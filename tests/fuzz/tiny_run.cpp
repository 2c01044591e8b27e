#include "tests/fuzz/tiny_run.h"

#include <filesystem>

#include "io/data_file.h"
#include "models/checkpoint.h"
#include "models/same_run.h"

namespace dlcore::fuzz {
namespace {

// Two images with a caption each in both splits.
void write_data(const std::string& path) {
  const Vocabulary words({"<NULL>", "<START>", "<END>", "<UNK>", "a", "b"});
  DataFileWriter writer(
      path, words,
      {.feature_shape = {3}, .element = Hdf5Element::float32, .caption_length = 4, .creator = "test"});
  for (const std::string split : {"train", "val"})
    for (const float value : {-1.0f, 1.0f}) {
      const std::vector<float> features{value, 1, 0.5f * value};
      const std::int64_t row = writer.add_image(split, features, 7, "x");
      writer.add_caption(split, row, words.encode(value < 0 ? "a" : "b a"));
    }
  writer.finish();
}

const Trainer::Observer one_step{.step = {}, .epoch = {}, .stop = [] { return true; }};

}  // namespace

TinyRun::TinyRun(const std::string& folder) : folder_(folder + "/run"), data_path_(folder + "/tiny.h5") {
  write_data(data_path_);
  config_ = parse_config(
      "", "tiny run",
      {"data.root=", "data.file=" + data_path_, "model.wordvec_dim=2", "model.hidden_dim=3", "train.epochs=2",
       "train.batch=1", "train.out=" + folder_, "train.gallery_images=0", "optimizer.name=sgd"});
  data_ = std::make_unique<CaptionData>(open_data(config_));
  task_ = std::make_unique<CaptionTask>(config_, *data_, Device::cpu());
  trainer_ = std::make_unique<Trainer>(config_, *task_);
}

void TinyRun::begin() {
  RunDirectory directory(folder_, true);
  trainer_->run(directory, one_step);
}

void TinyRun::go_on() {
  RunDirectory directory = RunDirectory::continued(folder_);
  const Checkpoint checkpoint(checkpoint_path());
  TrainingProgress progress;
  SavedState saved = checkpoint.state();
  saved.part("progress", progress);
  require_same_run(checkpoint.identity(), progress, config_);
  trainer_->run(directory, one_step, &checkpoint);
}

}  // namespace dlcore::fuzz
