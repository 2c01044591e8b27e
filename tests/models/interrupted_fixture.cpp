#include "tests/models/interrupted_fixture.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <sstream>

#include "io/atomic_file.h"
#include "tests/html_pages.h"
#include "tests/io/event_reader.h"

namespace dlcore::test {
namespace {

struct Crash {};

bool is_measured(const std::string& name) {
  return name.ends_with("seconds") || name.ends_with("_per_second");
}

std::vector<std::string> split(const std::string& text, char at) {
  std::istringstream stream(text);
  std::vector<std::string> parts;
  for (std::string part; std::getline(stream, part, at);) parts.push_back(part);
  return parts;
}

std::vector<std::string> lines_without_times(const std::string& csv) {
  std::vector<std::string> lines = split(csv, '\n');
  const std::vector<std::string> names = split(lines.at(0), ',');
  for (std::string& line : lines) {
    const std::vector<std::string> values = split(line, ',');
    line.clear();
    for (std::size_t i = 0; i < values.size(); ++i)
      if (!is_measured(names.at(i))) line += values[i] + ",";
  }
  return lines;
}

}  // namespace

RunResult result_of(const std::string& folder) {
  RunResult result{.csv = lines_without_times(read_file(folder + "/metrics.csv")),
                   .jsonl = {},
                   .page = {},
                   .events = {},
                   .model = read_file(folder + "/model.safetensors")};
  for (const std::string& line : split(read_file(folder + "/metrics.jsonl"), '\n')) {
    auto json = nlohmann::json::parse(line);
    json.erase("seconds");
    json.erase("tokens_per_second");
    json.erase("examples_per_second");
    result.jsonl.push_back(json.dump());
  }
  if (std::filesystem::exists(folder + "/report.html")) {
    result.page = page_data(read_file(folder + "/report.html"));
    result.page.erase("updated");
    const auto columns = result.page.at("columns").get<std::vector<std::string>>();
    for (auto& row : result.page.at("rows"))
      for (std::size_t i = 0; i < columns.size(); ++i)
        if (is_measured(columns[i])) row[i] = nullptr;
  }
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (const std::string name = entry.path().filename().string(); name.starts_with("events."))
      for (const ReadEvent& event : read_events(entry.path().string()))
        if (!is_measured(event.tag))
          result.events.push_back(
              fmt::format("{} {} {} {}", event.step, event.tag, event.scalar, event.text));
  return result;
}

std::string difference(const RunResult& a, const RunResult& b) {
  const auto lists = [](const std::string& name, const std::vector<std::string>& x,
                        const std::vector<std::string>& y) -> std::string {
    for (std::size_t i = 0; i < std::max(x.size(), y.size()); ++i)
      if (i >= x.size() || i >= y.size() || x[i] != y[i])
        return fmt::format("{}, line {}:\n{}\n{}", name, i + 1, i < x.size() ? x[i] : "(none)",
                           i < y.size() ? y[i] : "(none)");
    return "";
  };
  for (const auto& text : {lists("metrics.csv", a.csv, b.csv), lists("metrics.jsonl", a.jsonl, b.jsonl),
                           lists("events", a.events, b.events)})
    if (!text.empty()) return text;
  if (a.page != b.page) return "report.html: " + nlohmann::json::diff(a.page, b.page).dump().substr(0, 500);
  return a.model == b.model ? "" : "model.safetensors";
}

std::size_t train_interrupted(const Config& config, const std::string& folder,
                              const std::vector<Interruption>& interruptions, Device device) {
  std::size_t done = 0;
  for (bool first = true;; first = false) {
    const bool goes_on = !first && !checkpoint_files(folder).empty();
    RunDirectory directory = goes_on ? RunDirectory::continued(folder) : RunDirectory(folder, !first);
    std::optional<Checkpoint> from;
    if (goes_on) from.emplace(newest_checkpoint(folder, [](const std::string& text) { throw Error(text); }));
    const std::unique_ptr<TrainingTask> task = open_task(config, device, goes_on);
    Trainer trainer(config, *task);
    int asked = 0;
    Trainer::Observer observer;
    observer.stop = [&] {
      if (done >= interruptions.size() || ++asked < interruptions[done].question) return false;
      if (interruptions[done].kind == Interruption::Kind::crash) throw Crash{};
      return true;
    };
    try {
      if (trainer.run(directory, observer, from ? &*from : nullptr) != Trainer::End::stopped) return done;
    } catch (const Crash&) {
      observer.stop = {};
    }
    ++done;
  }
}

}  // namespace dlcore::test
