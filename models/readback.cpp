#include "models/readback.h"

#include <limits>
#include <utility>

namespace dlcore {

Readback::Readback(const Stream& stream, bool at_once)
    : stream_(stream), ahead_(stream.device().is_cuda() && !at_once ? 2 : 0) {
  for (std::size_t i = 0; i <= ahead_; ++i) slots_.push_back({Event(stream.device()), {}, {}});
}

// After an Error copies into the slots may still be under way.
Readback::~Readback() {
  for (const Pending& one : pending_) slots_[one.slot].arrived.settle();
}

void Readback::queue(const Tensor& first, const Tensor& second, Receiver receiver) {
  Slot& slot = slots_[next_];
  const auto send = [&](const Tensor& from, Tensor& to) {
    if (!from.defined()) return;
    if (!to.defined() || to.dtype() != from.dtype())
      to = Tensor::staging({1}, from.dtype(), stream_.device());
    copy(stream_, from, to);
  };
  send(first, slot.first);
  send(second, slot.second);
  slot.arrived.record(stream_);
  pending_.push_back({next_, first.defined(), second.defined(), std::move(receiver)});
  next_ = (next_ + 1) % slots_.size();
  while (pending_.size() > ahead_) deliver();
}

void Readback::finish() {
  while (!pending_.empty()) deliver();
}

void Readback::deliver() {
  const Pending oldest = std::move(pending_.front());
  pending_.pop_front();
  const Slot& slot = slots_[oldest.slot];
  slot.arrived.synchronize();
  const auto value = [](bool has, const Tensor& tensor) {
    return has ? tensor.to_vector<double>()[0] : std::numeric_limits<double>::quiet_NaN();
  };
  oldest.receiver(value(oldest.has_first, slot.first), value(oldest.has_second, slot.second));
}

}  // namespace dlcore
