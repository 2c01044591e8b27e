// A training run on a small data file whose captions follow from the features.
#pragma once

#include "models/caption_task.h"
#include "models/trainer.h"
#include "tests/models/data_fixture.h"

namespace dlcore::test {

inline Config tiny_config(const std::string& data, const std::vector<std::string>& changes = {}) {
  std::vector<std::string> overrides{
      "data.root=",      "data.file=" + data, "model.wordvec_dim=12", "model.hidden_dim=16",
      "train.epochs=12", "train.batch=10",    "train.seed=1",         "optimizer.learning_rate=0.02"};
  overrides.insert(overrides.end(), changes.begin(), changes.end());
  return parse_config("", "test", overrides);
}

struct Run {
  explicit Run(const std::vector<std::string>& changes = {}, Device device = Device::cpu())
      : config(tiny_config(file.path, changes)),
        data(open_data(config)),
        task(config, data, device),
        trainer(config, task) {}

  void train() {
    RunDirectory directory(out, false);
    trainer.run(directory, {.step = [this](const Trainer::Step& s) { steps.push_back(s); },
                            .epoch = [this](const EpochMetrics& m, bool) { epochs.push_back(m); }});
  }

  TinyDataFile file;
  Config config;
  CaptionData data;
  CaptionTask task;
  Trainer trainer;
  std::string out = file.folder.file("run");
  std::vector<Trainer::Step> steps;
  std::vector<EpochMetrics> epochs;
};

}  // namespace dlcore::test
