// Progress of a long run: on a terminal a bar that is redrawn in place, otherwise a plain line now and then.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace dlcore {

class Progress {
 public:
  Progress();
  ~Progress() { clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// Shows `done` of `total` with a text, at most ten times a second on a terminal and every ten seconds
  /// elsewhere.
  void show(std::int64_t done, std::int64_t total, const std::string& text);
  /// Removes the bar and prints a line that stays.
  void line(const std::string& text);

 private:
  using Clock = std::chrono::steady_clock;
  void clear();

  bool terminal_;
  bool drawn_ = false;
  Clock::time_point last_;
};

/// "45 s", "3 min 20 s", "2 h 05 min"
std::string readable_seconds(double seconds);

/// 1234567 as "1,234,567"
std::string readable_count(std::int64_t count);

}  // namespace dlcore
