#include "models/checkpoint.h"

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "core/error.h"

namespace dlcore {

namespace fs = std::filesystem;

namespace {

constexpr const char* format_name = "dlcore checkpoint";
constexpr const char* format_version = "1";
constexpr std::string_view name_begin = "checkpoint_", name_end = ".safetensors";
constexpr std::size_t kept = 2;

// Of a checkpoint's name; nothing for other names.
std::optional<std::int64_t> step_of(std::string_view name) {
  if (!name.starts_with(name_begin) || !name.ends_with(name_end)) return std::nullopt;
  name = name.substr(name_begin.size(), name.size() - name_begin.size() - name_end.size());
  std::int64_t step = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), step);
  return error == std::errc() && end == name.data() + name.size() ? std::optional(step) : std::nullopt;
}

}  // namespace

void RunIdentity::state(SavedState& saved) {
  struct Setting {
    std::string key, value;
    void state(SavedState& inner) {
      inner.value("key", key);
      inner.value("value", value);
    }
  };
  std::vector<Setting> settings;
  for (const auto& [key, value] : config) settings.push_back({key, value});
  saved.list("config", settings);
  config.clear();
  for (const auto& [key, value] : settings) config[key] = value;
  saved.list("data", data);
  saved.value("device", device);
}

Checkpoint::Checkpoint(const std::string& path) : file_(path) {
  file_.check_bytes();
  const auto format = file_.metadata().find("format");
  require(format != file_.metadata().end() && format->second == format_name,
          "{}: not a dlcore checkpoint: its metadata should have format = \"{}\"", path, format_name);
  require(file_.metadata("version") == format_version, "{}: expected checkpoint format version {}, not {}",
          path, format_version, file_.metadata("version"));
  SavedState saved(file_.metadata("run"), file_);
  identity_.state(saved);
}

void write_checkpoint(const std::string& folder, std::int64_t step, RunIdentity identity,
                      const SavedState& state) {
  SavedState run;
  identity.state(run);
  write_safetensors(
      fmt::format("{}/{}{}{}", folder, name_begin, step, name_end), state.saved_tensors(),
      {{"format", format_name}, {"version", format_version}, {"run", run.text()}, {"state", state.text()}},
      SafetensorsWriter::Checksum::crc32c);
  const std::vector<std::string> files = checkpoint_files(folder);
  for (std::size_t i = kept; i < files.size(); ++i) fs::remove(files[i]);
}

bool is_checkpoint(const std::string& name) {
  return step_of(name).has_value();
}

std::vector<std::string> checkpoint_files(const std::string& folder) {
  std::vector<std::pair<std::int64_t, std::string>> found;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(folder, none))
    if (const auto step = step_of(entry.path().filename().string()))
      found.emplace_back(*step, entry.path().string());
  std::sort(found.rbegin(), found.rend());
  std::vector<std::string> files;
  for (auto& [step, path] : found) files.push_back(std::move(path));
  return files;
}

Checkpoint newest_checkpoint(const std::string& folder,
                             const std::function<void(const std::string&)>& complain) {
  const std::vector<std::string> files = checkpoint_files(folder);
  require(!files.empty(), "there is no checkpoint in {} to go on from: begin the run without --resume",
          folder);
  for (const std::string& path : files) {
    try {
      return Checkpoint(path);
    } catch (const Error& error) {
      complain(error.what());
    }
  }
  fail("none of the {} checkpoints in {} is whole: begin the run anew with --overwrite", files.size(),
       folder);
}

}  // namespace dlcore
