// The files of a training run: config.yaml, metrics.csv, metrics.jsonl, report.html, an event
// file and model.safetensors.
#pragma once

#include <string>

#include "models/epoch_metrics.h"

namespace dlcore {

class RunDirectory {
 public:
  /// Makes the folder and proves that it can be written, before any work is done. Throws Error when it
  /// cannot, or when it holds a run already (metrics or a model) and `overwrite` is not set; with it, the old
  /// run's metrics and model are removed, so that they never stand beside the new configuration.
  RunDirectory(const std::string& path, bool overwrite);

  void write_config(const std::string& yaml) const;
  /// A line of metrics.csv and of metrics.jsonl, which are whole at any time.
  void append(const EpochMetrics& metrics);
  std::string model_path() const { return path_ + "/model.safetensors"; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  std::string csv_, jsonl_;
};

}  // namespace dlcore
