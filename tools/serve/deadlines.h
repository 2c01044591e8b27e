// Calls for what is not done in time. All have the same time, so that the first to come is the first to go.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace dlcore {

class Deadlines {
 public:
  explicit Deadlines(std::chrono::milliseconds limit);
  ~Deadlines();
  Deadlines(const Deadlines&) = delete;
  Deadlines& operator=(const Deadlines&) = delete;

  /// Calls `late` in a thread of its own when the time is over, whatever has happened until then.
  void add(std::function<void()> late);

 private:
  using Clock = std::chrono::steady_clock;
  struct Entry {
    Clock::time_point time;
    std::function<void()> late;
  };

  void run();

  const Clock::duration limit_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Entry> entries_;
  bool ended_ = false;
  std::thread thread_;
};

}  // namespace dlcore
