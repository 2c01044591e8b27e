#include "models/run_directory.h"

#include <cmath>
#include <filesystem>

#include "core/error.h"
#include "io/atomic_file.h"
#include "io/event_file.h"

namespace dlcore {

RunDirectory::RunDirectory(const std::string& path, bool overwrite) : path_(path) {
  require(!path.empty(), "the output folder needs a name");
  std::error_code failure;
  std::filesystem::create_directories(path, failure);
  require(!failure, "the output folder {} cannot be made: {}", path, failure.message());
  const std::string files[] = {path + "/metrics.csv", path + "/metrics.jsonl", path + "/report.html",
                               model_path()};
  for (const auto& file : files)
    require(overwrite || !std::filesystem::exists(file),
            "the output folder {} holds a run already: choose another with --out, or allow its loss with "
            "--overwrite",
            path);
  for (const auto& file : files) {
    const AtomicFile can_be_written(file);
    std::filesystem::remove(file);
  }
  for (const auto& entry : std::filesystem::directory_iterator(path))
    if (is_event_file(entry.path().filename().string())) std::filesystem::remove(entry.path());
}

void RunDirectory::write_config(const std::string& yaml) const {
  write_file_atomically(path_ + "/config.yaml", yaml);
}

void RunDirectory::append(const EpochMetrics& metrics) {
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
  write_file_atomically(path_ + "/metrics.csv", csv_);
  write_file_atomically(path_ + "/metrics.jsonl", jsonl_);
}

}  // namespace dlcore
