// Work that is the same each time, the passes of an encoder say, handed to a GPU in one piece: a CUDA graph
// in place of hundreds of single launches.
#pragma once

#include <memory>

#include "core/stream.h"

namespace dlcore {

class RecordedWork {
 public:
  explicit RecordedWork(const Stream& stream) : stream_(stream) {}

  /// Queues on the stream what `work` queues there, which must be the same each time: the same kernels, with
  /// the same addresses and numbers. On a GPU the second call records it, and from then on work() is not
  /// called again: what was recorded is launched. On a CPU, while a profile is taken, and where it cannot be
  /// recorded, this is work() alone.
  ///
  /// work() uses this stream only, does not wait for it and moves nothing between device and ordinary host
  /// memory; what it allocates must be kept as long as this is. Where recording fails nothing was launched,
  /// and work() is run a second time: what it changes on the host must bear that.
  template <class F>
  void run(F&& work) {
    if (replay()) return;
    if (!begin()) return work();
    bool recorded = true;
    try {
      work();
    } catch (...) {
      recorded = false;
    }
    if (!end(recorded)) work();
  }

  bool recorded() const { return executable_ != nullptr; }
  const Stream& stream() const { return stream_; }

 private:
  enum class Stage { cold, warm, failed };  // libraries load and choose their kernels in the first call

  bool replay() const;
  bool begin();
  bool end(bool recorded);

  Stream stream_;
  Stage stage_ = Stage::cold;
  std::shared_ptr<void> executable_;
};

}  // namespace dlcore
