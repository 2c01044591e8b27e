#include "core/stream.h"

#include <utility>
#include <vector>

#include "core/allocator.h"
#include "core/backend.h"

namespace dlcore {

struct Stream::State {
  explicit State(Device where) : device(where) {
    if (!device.is_cuda()) return;
    native = backend::create_stream(device.index);
    // At once, as nothing may be allocated and filled in work that is recorded.
    constexpr std::size_t bytes = counter_count * sizeof(std::uint32_t);
    counters = static_cast<std::uint32_t*>(allocator(device).allocate(bytes));
    backend::fill_zero(device.index, counters, bytes, native);
  }
  ~State() {
    allocator(device).release(counters);
    allocator(device).release(scratch);
    for (void* block : retired) allocator(device).release(block);
    if (native != nullptr) backend::destroy_stream(device.index, native);
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  Device device;
  void* native = nullptr;
  std::uint32_t* counters = nullptr;
  void* scratch = nullptr;
  std::size_t scratch_bytes = 0;
  bool separates_rows = false;
  bool recorded = false;       // work on this stream, which may be launched again
  std::vector<void*> retired;  // scratch that it uses
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
    if (state_->recorded) {
      state_->retired.push_back(state_->scratch);
    } else {
      synchronize();  // queued work may still use the smaller one
      allocator(device_).release(state_->scratch);
    }
    state_->scratch = nullptr;
    state_->scratch_bytes = 0;
    state_->scratch = allocator(device_).allocate(bytes);
    state_->scratch_bytes = bytes;
  }
  return state_->scratch;
}

std::uint32_t* Stream::counters() const {
  return state_->counters;
}

bool Stream::separates_rows() const {
  return state_->separates_rows;
}

SeparateRows::SeparateRows(const Stream& stream)
    : stream_(stream), before_(std::exchange(stream_.state_->separates_rows, true)) {}

SeparateRows::~SeparateRows() {
  stream_.state_->separates_rows = before_;
}

void Stream::begin_recording() const {
  backend::begin_recording(device_.index, state_->native);
  state_->recorded = true;
}

std::shared_ptr<void> Stream::end_recording() const {
  void* const graph = backend::end_recording(device_.index, state_->native);
  if (graph == nullptr) return nullptr;
  return {graph, [index = device_.index](void* made) { backend::destroy_graph(index, made); }};
}

}  // namespace dlcore
