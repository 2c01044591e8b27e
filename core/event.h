// A point in the work of a stream, for another stream or the host to wait for. On a CPU, where work is done
// when its call returns, there is nothing to wait for.
#pragma once

#include <memory>

#include "core/stream.h"

namespace dlcore {

class Event {
 public:
  explicit Event(Device device);

  /// From now on it stands for the end of what is queued on `stream`, of the event's device.
  void record(const Stream& stream) const;
  /// What is queued on `stream` from now on begins after the point that was recorded last, if any.
  void hold(const Stream& stream) const;
  /// The host waits for that point.
  void synchronize() const;
  /// The same for destructors of what the work before that point uses: says nothing of work that has failed,
  /// which uses it no more either.
  void settle() const noexcept;

 private:
  Device device_;
  std::shared_ptr<void> event_;  // undefined on a CPU
};

}  // namespace dlcore
