// A queue of work on one device. Every kernel takes a Stream first; the stream says which device and, on the
// CPU, which instruction set runs it. Work on one stream happens in order. A Stream is a handle: copies share
// the queue.
#pragma once

#include <cstddef>
#include <memory>

#include "core/cpu.h"
#include "core/device.h"

namespace dlcore {

class Stream {
 public:
  Stream() : Stream(Device::cpu()) {}
  explicit Stream(Device device);     // on the CPU: default_cpu_target()
  explicit Stream(CpuTarget target);  // the CPU with this instruction set, for tests and comparisons

  Device device() const { return device_; }
  CpuTarget cpu_target() const { return target_; }
  void* native() const;  // cudaStream_t; nullptr on the CPU, where work is done when the call returns

  /// Waits for all work queued so far; throws Error when some of it failed.
  void synchronize() const;

  /// Scratch memory of at least `bytes` bytes, for the next operation on this stream only. It grows and is
  /// kept.
  void* workspace(std::size_t bytes) const;

 private:
  friend class RecordedWork;
  void begin_recording() const;
  std::shared_ptr<void> end_recording() const;  // the graph, or nullptr

  struct State;
  Device device_;
  CpuTarget target_ = CpuTarget::plain;
  std::shared_ptr<State> state_;
};

}  // namespace dlcore
