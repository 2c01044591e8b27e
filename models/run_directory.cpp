#include "models/run_directory.h"

#include <cmath>
#include <filesystem>
#include <vector>

#include "core/error.h"
#include "io/atomic_file.h"
#include "io/event_file.h"
#include "models/bad_step.h"
#include "models/checkpoint.h"

namespace dlcore {

namespace {

// What AtomicFile leaves where a process is killed while it writes.
bool is_unfinished(const std::string& name) {
  return name.ends_with(".tmp") && (name.starts_with("checkpoint_") ||
                                    name.starts_with("model.safetensors.") || name.starts_with("metrics.") ||
                                    name.starts_with("report.html.") || name.starts_with("config.yaml."));
}

template <class Wanted>
void remove_files(const std::string& folder, Wanted wanted) {
  std::vector<std::filesystem::path> found;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (wanted(entry.path().filename().string())) found.push_back(entry.path());
  for (const auto& path : found) std::filesystem::remove(path);
}

}  // namespace

RunDirectory::RunDirectory(const std::string& path, bool overwrite) : path_(path) {
  require(!path.empty(), "the output folder needs a name");
  std::error_code failure;
  std::filesystem::create_directories(path, failure);
  require(!failure, "the output folder {} cannot be made: {}", path, failure.message());
  lock();
  const std::string files[] = {path + "/metrics.csv", path + "/metrics.jsonl", path + "/report.html",
                               model_path()};
  bool holds_run = !checkpoint_files(path).empty();
  for (const auto& file : files) holds_run |= std::filesystem::exists(file);
  require(
      overwrite || !holds_run,
      "the output folder {} holds a run already: go on with it with --resume, choose another with --out, or "
      "allow its loss with --overwrite",
      path);
  for (const auto& file : files) {
    const AtomicFile can_be_written(file);
    std::filesystem::remove(file);
  }
  remove_files(path, [](const std::string& name) {
    return is_event_file(name) || is_checkpoint(name) || is_bad_step_file(name) || is_unfinished(name);
  });
}

RunDirectory RunDirectory::continued(const std::string& path) {
  RunDirectory directory;
  directory.path_ = path;
  require(std::filesystem::is_directory(path), "there is no run in {} to go on with: there is no such folder",
          path.empty() ? "\"\"" : path);
  directory.lock();
  remove_files(path, is_unfinished);
  return directory;
}

void RunDirectory::lock() {
  lock_ = std::make_unique<FolderLock>(path_, "another dlcore_train writes its run there");
}

void RunDirectory::write_config(const std::string& yaml) const {
  write_file_atomically(path_ + "/config.yaml", yaml);
}

void RunDirectory::append(const EpochMetrics& metrics) {
  add(metrics);
  write_metrics();
}

void RunDirectory::add(const EpochMetrics& metrics) {
  std::string names, texts, pairs;
  for (const MetricColumn& column : metric_columns(metrics)) {
    const char* comma = names.empty() ? "" : ",";
    names += comma + column.name;
    texts += comma + column.text;
    // JSON has no word for what is not a finite number.
    pairs += fmt::format("{}\"{}\": {}", names == column.name ? "" : ", ", column.name,
                         std::isfinite(column.value) ? column.text : "null");
  }
  if (csv_.empty()) csv_ = names + "\n";
  csv_ += texts + "\n";
  jsonl_ += "{" + pairs + "}\n";
}

void RunDirectory::write_metrics() const {
  write_file_atomically(path_ + "/metrics.csv", csv_);
  write_file_atomically(path_ + "/metrics.jsonl", jsonl_);
}

void RunDirectory::restore(const std::vector<EpochMetrics>& epochs) {
  csv_.clear();
  jsonl_.clear();
  for (const EpochMetrics& epoch : epochs) add(epoch);
  // A run that ended between the two has a line for an epoch that will be done again.
  if (!epochs.empty()) write_metrics();
}

}  // namespace dlcore
