// A training run that takes milliseconds, for checkpoints.
#pragma once

#include <memory>
#include <string>

#include "models/caption_task.h"
#include "models/trainer.h"

namespace dlcore::fuzz {

class TinyRun {
 public:
  /// Works in folder/run, with data in folder/tiny.h5.
  explicit TinyRun(const std::string& folder);

  const std::string& folder() const { return folder_; }
  const std::string& data_path() const { return data_path_; }
  std::string checkpoint_path() const { return folder_ + "/checkpoint_1.safetensors"; }

  /// One step, which leaves the checkpoint.
  void begin();
  /// Goes on from the checkpoint for a step. Error as dlcore_train --resume would end with.
  void go_on();

 private:
  const std::string folder_, data_path_;
  Config config_;
  std::unique_ptr<CaptionData> data_;
  std::unique_ptr<CaptionTask> task_;
  std::unique_ptr<Trainer> trainer_;
};

}  // namespace dlcore::fuzz
