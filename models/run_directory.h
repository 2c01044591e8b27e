// The files of a training run: config.yaml, metrics.csv, model.safetensors.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "models/caption_validation.h"

namespace dlcore {

/// One line of metrics.csv: after each epoch. With `captions` it has columns for them, too.
struct EpochMetrics {
  std::int64_t epoch = 0;  // counts from 1
  std::int64_t step = 0;   // optimiser steps so far
  double seconds = 0;      // of this epoch's training, without validation
  double train_loss = 0;   // mean over the epoch's captions; a loss is summed over the words of a caption
  double val_loss = 0;
  double val_loss_shuffled =
      0;  // with the images exchanged among the captions; NaN where that was not possible
  double tokens_per_second = 0;                // words trained on
  double learning_rate = 0;                    // of the last step
  std::optional<CaptionReport> captions = {};  // where validation captions images
};

class RunDirectory {
 public:
  /// Makes the folder and proves that it can be written, before any work is done. Throws Error when it
  /// cannot, or when it holds a run already (metrics or a model) and `overwrite` is not set; with it, the old
  /// run's metrics and model are removed, so that they never stand beside the new configuration.
  RunDirectory(const std::string& path, bool overwrite);

  void write_config(const std::string& yaml) const;
  void append(const EpochMetrics& metrics);  // the file is whole at any time
  std::string model_path() const { return path_ + "/model.safetensors"; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  std::string csv_;
};

}  // namespace dlcore
