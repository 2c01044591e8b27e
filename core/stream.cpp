#include "core/stream.h"

#include "core/allocator.h"
#include "core/backend.h"

namespace dlcore {

struct Stream::State {
  explicit State(Device where) : device(where) {
    if (device.is_cuda()) native = backend::create_stream(device.index);
  }
  ~State() {
    allocator(device).release(scratch);
    if (native != nullptr) backend::destroy_stream(device.index, native);
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  Device device;
  void* native = nullptr;
  void* scratch = nullptr;
  std::size_t scratch_bytes = 0;
};

Stream::Stream(Device device)
    : device_(device), target_(default_cpu_target()), state_(std::make_shared<State>(device)) {}

Stream::Stream(CpuTarget target) : target_(target), state_(std::make_shared<State>(Device::cpu())) {}

void* Stream::native() const {
  return state_->native;
}

void Stream::synchronize() const {
  if (device_.is_cuda()) backend::synchronize_stream(device_.index, state_->native);
}

void* Stream::workspace(std::size_t bytes) const {
  if (bytes > state_->scratch_bytes) {
    synchronize();  // queued work may still use the smaller one
    allocator(device_).release(state_->scratch);
    state_->scratch = nullptr;
    state_->scratch_bytes = 0;
    state_->scratch = allocator(device_).allocate(bytes);
    state_->scratch_bytes = bytes;
  }
  return state_->scratch;
}

}  // namespace dlcore
