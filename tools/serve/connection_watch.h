// Ends connections whose requests take too long to arrive, however steadily they drip, or can't any more, and
// those whose answers are not taken.
#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

namespace dlcore {

/// A connection is known by any pointer of its own. Everything may be called in any thread.
class ConnectionWatch {
 public:
  explicit ConnectionWatch(std::chrono::milliseconds limit);
  ~ConnectionWatch();
  ConnectionWatch(const ConnectionWatch&) = delete;
  ConnectionWatch& operator=(const ConnectionWatch&) = delete;

  void opened(const void* connection, int descriptor);
  void request_begun(const void* connection);     // its head is there
  void request_complete(const void* connection);  // from here on it is the server that takes its time
  void answer_begun(const void* connection);      // and now the client again
  /// Or no longer: true where it was too slow and has been ended.
  bool request_answered(const void* connection);
  void closed(const void* connection);  // the descriptor means nothing from here on

  /// Whether there are bytes of a request that has not begun yet.
  bool has_unread();

 private:
  using Clock = std::chrono::steady_clock;
  enum class State : unsigned char { fresh, receiving, answering, sending, idle, ended };
  struct Entry {
    int descriptor;
    State state;
    Clock::time_point since;
    bool seems_over = false;  // when it was looked at last
  };

  bool is_to_end(Entry& entry, Clock::time_point latest) const;
  bool set(const void* connection, State state);
  void watch();

  const Clock::duration limit_;
  std::mutex mutex_;
  std::condition_variable end_;
  std::map<const void*, Entry> entries_;
  bool ended_ = false;
  std::thread thread_;
};

}  // namespace dlcore
