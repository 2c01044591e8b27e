#include "core/event.h"

#include "core/backend.h"
#include "core/error.h"

namespace dlcore {

Event::Event(Device device) : device_(device) {
  if (!device.is_cuda()) return;
  event_ = {backend::create_event(device.index),
            [index = device.index](void* event) { backend::destroy_event(index, event); }};
}

void Event::record(const Stream& stream) const {
  if (event_ != nullptr) backend::record_event(device_.index, event_.get(), stream.native());
}

void Event::hold(const Stream& stream) const {
  if (event_ != nullptr) backend::hold_stream(device_.index, stream.native(), event_.get());
}

void Event::synchronize() const {
  if (event_ != nullptr) backend::synchronize_event(device_.index, event_.get());
}

void Event::settle() const noexcept {
  try {
    synchronize();
  } catch (const Error&) {
    return;  // who waits next hears of it
  }
}

}  // namespace dlcore
