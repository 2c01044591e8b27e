#include "tools/progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace dlcore {

namespace {

std::string repeated(const char* text, std::int64_t times) {
  std::string all;
  for (std::int64_t i = 0; i < times; ++i) all += text;
  return all;
}

}  // namespace

std::string progress_bar(std::int64_t done, std::int64_t total, const std::string& text,
                         const Terminal& terminal) {
  constexpr std::int64_t widest = 24, narrowest = 6;
  const std::string words = fmt::format("{}/{}  {}", done, total, text);
  const std::int64_t columns = terminal.columns - 1;  // the last one would begin a new line on some
  const std::int64_t width = std::min(widest, columns - 3 - static_cast<std::int64_t>(words.size()));
  if (width < narrowest) return words.substr(0, static_cast<std::size_t>(std::max<std::int64_t>(columns, 0)));
  const std::int64_t filled = total > 0 ? std::clamp<std::int64_t>(done * width / total, 0, width) : 0;
  const std::string part =
      terminal.paint(Terminal::Colour::accent, repeated(terminal.utf8 ? "\u2501" : "=", filled));
  if (!terminal.utf8) return fmt::format("[{}{}] {}", part, repeated(" ", width - filled), words);
  return fmt::format(" {}{}  {}", part,
                     terminal.paint(Terminal::Colour::faint, repeated("\u2500", width - filled)), words);
}

Progress::Progress(Detail detail) : detail_(detail), terminal_(Terminal::of_stdout()), last_(Clock::now()) {
  if (detail == Detail::lines_only) terminal_.redraws = terminal_.colours = false;
  if (terminal_.redraws) last_ -= std::chrono::hours(1);  // a bar comes at once
}

void Progress::show(std::int64_t done, std::int64_t total, const std::string& text) {
  if (detail_ == Detail::lines_only) return;
  const auto now = Clock::now();
  const auto pause = terminal_.redraws ? std::chrono::milliseconds(100) : std::chrono::milliseconds(10000);
  if (now - last_ < pause) return;
  last_ = now;
  if (terminal_.redraws) {
    terminal_.columns = Terminal::of_stdout().columns;  // its window may have changed
    fmt::print("\r\033[K{}", progress_bar(done, total, text, terminal_));
    drawn_ = true;
  } else {
    fmt::print("{}/{} {}\n", done, total, text);
  }
  std::fflush(stdout);
}

void Progress::clear() {
  if (!drawn_) return;
  fmt::print("\r\033[K");
  std::fflush(stdout);
  drawn_ = false;
}

void Progress::line(const std::string& text) {
  clear();
  fmt::print("{}\n", text);
  std::fflush(stdout);
}

std::string readable_seconds(double seconds) {
  const std::int64_t whole = std::llround(seconds);
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  return fmt::format("{} h {:02} min", whole / 3600, whole / 60 % 60);
}

}  // namespace dlcore
