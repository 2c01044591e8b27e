#include "tools/examples/example_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "core/format.h"
#include "io/atomic_file.h"
#include "tools/progress.h"

namespace dlcore {

std::string describe(const ExampleReport& report, const std::string& out) {
  constexpr std::size_t shown = 3;
  const auto readable = [](std::size_t count) { return readable_count(static_cast<std::int64_t>(count)); };
  std::string text;
  for (const std::string& note : report.notes) text += note + "\n";
  if (!report.broken.empty())
    text += fmt::format("left out: {} pictures that cannot be read\n", readable(report.broken.size()));
  for (std::size_t i = 0; i < std::min(shown, report.broken.size()); ++i)
    text += "  " + report.broken[i] + "\n";
  if (report.broken.size() > shown)
    text += fmt::format("  and {} more, in {}.dropped.txt\n", readable(report.broken.size() - shown), out);
  text += fmt::format("{}: {}, {} classes", out, report.inputs, readable_count(report.classes));
  for (const auto& [name, count] : report.splits)
    text += fmt::format(", {} for {}", readable_count(count), name);
  return text + "\n";
}

void write_broken(const ExampleReport& report, const std::string& out) {
  const std::string path = out + ".dropped.txt";
  if (report.broken.empty()) {
    std::error_code ignored;  // that of an earlier run, which this one's file replaces
    std::filesystem::remove(path, ignored);
    return;
  }
  std::string text;
  for (const std::string& problem : report.broken) text += problem + "\n";
  write_file_atomically(path, text);
}

}  // namespace dlcore
