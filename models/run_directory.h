// The files of a training run: config.yaml, metrics.csv, metrics.jsonl, report.html, an event
// file, model.safetensors and checkpoints (models/checkpoint.h).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "io/folder_lock.h"
#include "models/epoch_metrics.h"

namespace dlcore {

class RunDirectory {
 public:
  /// Makes the folder and proves that it can be written, before any work is done. Throws Error when it
  /// cannot, when another process works there, or when it holds a run already (metrics, a model or
  /// checkpoints) and `overwrite` is not set; with it, the old run's files are removed, so that they never
  /// stand beside the new configuration.
  RunDirectory(const std::string& path, bool overwrite);
  /// The folder of a run that goes on, with all that is there. Throws Error when there is none, or when
  /// another process works there.
  static RunDirectory continued(const std::string& path);

  void write_config(const std::string& yaml) const;
  /// A line of metrics.csv and of metrics.jsonl, which are whole at any time.
  void append(const EpochMetrics& metrics);
  std::string model_path() const { return path_ + "/model.safetensors"; }
  const std::string& path() const { return path_; }

  /// The metrics of a run that goes on: the files have these and no others.
  void restore(const std::vector<EpochMetrics>& epochs);

 private:
  RunDirectory() = default;
  void lock();
  void add(const EpochMetrics& metrics);
  void write_metrics() const;

  std::string path_;
  std::unique_ptr<FolderLock> lock_;
  std::string csv_, jsonl_;
};

}  // namespace dlcore
