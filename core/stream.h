// A queue of work on one device. Every kernel takes a Stream first; the stream says which device and, on the
// CPU, which instruction set runs it. Work on one stream happens in order. A Stream is a handle: copies share
// the queue.
#pragma once

#include <cstddef>
#include <cstdint>
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

  /// On a GPU `counter_count` numbers that are 0, for kernels whose blocks count who is done. Whoever uses
  /// one leaves it at 0 again.
  std::uint32_t* counters() const;
  static constexpr std::size_t counter_count = 1024;

  /// Whether products on this stream give each row the bits that it has without the other rows, where a
  /// library would choose its algorithm by their number.
  bool separates_rows() const;

 private:
  friend class RecordedWork;
  friend class SeparateRows;
  void begin_recording() const;
  std::shared_ptr<void> end_recording() const;  // the graph, or nullptr

  struct State;
  Device device_;
  CpuTarget target_ = CpuTarget::plain;
  std::shared_ptr<State> state_;
};

/// As long as it lives the stream separates rows.
class SeparateRows {
 public:
  explicit SeparateRows(const Stream& stream);
  ~SeparateRows();
  SeparateRows(const SeparateRows&) = delete;
  SeparateRows& operator=(const SeparateRows&) = delete;

 private:
  Stream stream_;
  bool before_;
};

}  // namespace dlcore
