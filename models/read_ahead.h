// A thread that fills the slots of a loader ahead of who takes them.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "core/event.h"
#include "core/tensor.h"

namespace dlcore {

/// Slots are numbers; what they hold is the owner's. A slot is filled by the thread, taken by next(), and
/// free again at the next call. It must be its owner's last member: the thread ends before what it uses.
class ReadAhead {
 public:
  /// Tensors that were filled on the host, each with its place on the consumer's device.
  using Copies = std::vector<std::pair<Tensor*, Tensor>>;
  /// Fills a slot with batch number `batch` and says what is to be copied. Called by the thread only.
  using Fill = std::function<Copies(std::size_t slot, std::int64_t batch)>;

  /// What is taken is for the work queued on `consumer`. Where that is on a GPU, the thread copies there and
  /// puts the copy in the tensor's place: slots are not filled before the consumer has read them.
  ReadAhead(std::size_t slots, const Stream& consumer);
  ~ReadAhead() { stop(); }
  ReadAhead(const ReadAhead&) = delete;
  ReadAhead& operator=(const ReadAhead&) = delete;

  std::size_t slots() const { return read_.size(); }

  /// Ends the thread; what it uses may change then.
  void stop();
  /// Starts over, with batches first, first + 1, ..., end - 1.
  void start(std::int64_t first, std::int64_t end, Fill fill);
  /// The slot of the next batch; none at the end. It is valid until the next call, and for what is queued on
  /// the consumer until then. Throws the Error that the thread met, after the batches before it.
  std::optional<std::size_t> next();
  double seconds_waited() const { return seconds_waited_; }  // in next(), for what was not ready

 private:
  void run(std::int64_t first, std::int64_t end, const Fill& fill);
  void copy_to_device(std::size_t slot, const Copies& copies);
  void release_current();

  Stream consumer_, copies_;
  std::vector<Event> read_;  // of each slot, by the consumer
  std::thread thread_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::size_t> free_, ready_;  // slots
  bool stopping_ = false;
  bool finished_ = true;
  std::exception_ptr failure_;
  std::optional<std::size_t> current_;
  double seconds_waited_ = 0;
};

}  // namespace dlcore
