// Progress of a long run: on a terminal a bar that is redrawn in place, otherwise a plain line now and then.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "tools/terminal.h"

namespace dlcore {

class Progress {
 public:
  enum class Detail : unsigned char { all, lines_only };

  /// lines_only: show() shows nothing, and nothing is coloured.
  explicit Progress(Detail detail = Detail::all);
  ~Progress() { clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// Shows `done` of `total` with a text, at most ten times a second on a terminal and every ten seconds
  /// elsewhere.
  void show(std::int64_t done, std::int64_t total, const std::string& text);
  /// Removes the bar and prints a line that stays.
  void line(const std::string& text);
  /// For the colours of lines.
  const Terminal& terminal() const { return terminal_; }

 private:
  using Clock = std::chrono::steady_clock;
  void clear();

  Detail detail_;
  Terminal terminal_;
  bool drawn_ = false;
  Clock::time_point last_;
};

/// The bar with its text (ASCII), in one line of a terminal: the text is cut off where it does not fit.
std::string progress_bar(std::int64_t done, std::int64_t total, const std::string& text,
                         const Terminal& terminal);

/// "45 s", "3 min 20 s", "2 h 05 min"
std::string readable_seconds(double seconds);

}  // namespace dlcore
