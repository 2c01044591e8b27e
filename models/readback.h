// Single numbers on their way from the device to whom they concern: losses, gradient norms. On a GPU they
// arrive while the next steps run, so that the host never waits for the step that it has just queued.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <vector>

#include "core/event.h"
#include "core/tensor.h"

namespace dlcore {

class Readback {
 public:
  using Receiver = std::function<void(double first, double second)>;

  /// at_once: a GPU's values arrive in the call of queue(), which waits for them.
  explicit Readback(const Stream& stream, bool at_once = false);
  ~Readback();
  Readback(const Readback&) = delete;
  Readback& operator=(const Readback&) = delete;

  /// `receiver` gets the values that `first` and `second` (1 element each; undefined: NaN) will have when the
  /// stream comes here: on a CPU at once, on a GPU in the call of queue() after the next one, or in finish().
  /// What a receiver throws goes through.
  void queue(const Tensor& first, const Tensor& second, Receiver receiver);
  /// Waits for all values.
  void finish();

 private:
  struct Slot {
    Event arrived;
    Tensor first, second;  // on the host
  };
  struct Pending {
    std::size_t slot;
    bool has_first, has_second;
    Receiver receiver;
  };

  void deliver();

  Stream stream_;
  std::size_t ahead_;  // values that may be outstanding when queue() returns
  std::vector<Slot> slots_;
  std::size_t next_ = 0;
  std::deque<Pending> pending_;
};

}  // namespace dlcore
