#include "tools/coco/prepare_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "core/format.h"
#include "io/atomic_file.h"
#include "tools/progress.h"

namespace dlcore {

namespace {

constexpr std::size_t shown_names = 3;

std::string readable(std::size_t count) {
  return readable_count(static_cast<std::int64_t>(count));
}

std::string speed(const PrepareReport& report) {
  const auto made = static_cast<double>(report.made);
  std::string text = fmt::format(
      "{} pictures in {}", readable_count(report.made),
      report.seconds < 60 ? fmt::format("{:.1f} s", report.seconds) : readable_seconds(report.seconds));
  if (report.made > 0 && report.seconds > 0) {
    text += fmt::format(": {:.0f} pictures/s; reading and resizing took {:.1f} ms each in {} thread{}",
                        made / report.seconds, 1000 * report.read_seconds / made, report.threads,
                        report.threads == 1 ? "" : "s");
    if (report.encode_seconds > 0)
      text += fmt::format(", the encoder {:.1f} ms each", 1000 * report.encode_seconds / made);
  }
  if (report.kept > 0)
    text += fmt::format("; {} were there from an interrupted run", readable_count(report.kept));
  return text;
}

}  // namespace

PrepareReport::Dropped& PrepareReport::dropped_as(const std::string& what) {
  const auto found =
      std::find_if(dropped.begin(), dropped.end(), [&](const Dropped& entry) { return entry.what == what; });
  return found != dropped.end() ? *found : dropped.emplace_back(Dropped{what, {}});
}

std::string describe(const PrepareReport& report, const std::string& out) {
  std::string text;
  for (const std::string& note : report.notes) text += note + "\n";
  text += speed(report) + "\n";
  for (const auto& entry : report.dropped) {
    text += fmt::format("left out: {} {}\n", readable(entry.names.size()), entry.what);
    for (std::size_t i = 0; i < std::min(shown_names, entry.names.size()); ++i)
      text += "  " + entry.names[i] + "\n";
    if (entry.names.size() > shown_names)
      text +=
          fmt::format("  and {} more, in {}.dropped.txt\n", readable(entry.names.size() - shown_names), out);
  }
  if (report.cut_captions > 0)
    text += fmt::format("{} captions were cut at {} words\n", readable_count(report.cut_captions),
                        report.max_words);
  text += fmt::format("vocabulary: {} words; {} rarer ones of the training captions are <UNK>\n",
                      readable_count(report.vocabulary), readable_count(report.rare_words));
  for (const auto& split : report.splits)
    text += fmt::format(
        "{}: {} images, {} captions, {} words, {:.2f}% of them <UNK>\n", split.name,
        readable_count(split.images), readable_count(split.captions), readable_count(split.words),
        split.words > 0 ? 100.0 * static_cast<double>(split.unknown) / static_cast<double>(split.words)
                        : 0.0);
  return text + "written: " + out + "\n";
}

std::string write_dropped(const PrepareReport& report, const std::string& out) {
  std::string path = out + ".dropped.txt";
  std::string text;
  for (const auto& entry : report.dropped) {
    if (entry.names.empty()) continue;
    text += fmt::format("{} {}\n", readable(entry.names.size()), entry.what);
    for (const std::string& name : entry.names) text += "  " + name + "\n";
  }
  if (text.empty()) {
    std::error_code ignored;  // that of an earlier run, which this one's file replaces
    std::filesystem::remove(path, ignored);
    return "";
  }
  write_file_atomically(path, text);
  return path;
}

}  // namespace dlcore
