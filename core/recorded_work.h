// Work that comes again and again, a training step say, handed to a GPU in one piece: a CUDA graph in place
// of hundreds of single launches.
#pragma once

#include <map>
#include <memory>
#include <utility>

#include "core/stream.h"

namespace dlcore {

class RecordedWork {
 public:
  explicit RecordedWork(const Stream& stream) : stream_(stream) {}
  RecordedWork(const RecordedWork&) = delete;
  RecordedWork& operator=(const RecordedWork&) = delete;

  /// Queues on the stream what `work` queues there. On a GPU, from the second call on, work() is recorded
  /// anew each time, so that it may change in sizes, addresses and numbers, and what was recorded is
  /// launched at once. On a CPU, and while a profile is taken, this is work() alone.
  ///
  /// work() uses this stream only, does not wait for it and moves nothing between device and ordinary host
  /// memory. Where recording fails after all, nothing was launched and work() is run a second time, without
  /// recording: what it changes on the host must bear that.
  template <class F>
  void run(F&& work) {
    if (!begin()) return work();
    bool recorded = true;
    try {
      work();
    } catch (...) {
      recorded = false;
    }
    if (!end(recorded)) work();
  }

  std::int64_t launches() const { return launches_; }  // of graphs
  std::int64_t failures() const { return failures_; }  // to record

 private:
  bool begin();
  bool end(bool recorded);

  Stream stream_;
  // By the number of a graph's nodes: one like it is brought up to date, which costs less than a new one.
  std::map<std::size_t, std::shared_ptr<void>> executables_;
  bool warm_ = false;
  std::int64_t launches_ = 0, failures_ = 0;
};

}  // namespace dlcore
