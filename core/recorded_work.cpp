#include "core/recorded_work.h"

#include "core/backend.h"
#include "core/profile.h"

namespace dlcore {
namespace {

// Captions of different lengths make graphs of different sizes: about as many as there are lengths.
constexpr std::size_t most_executables = 32;

}  // namespace

bool RecordedWork::begin() {
  if (!stream_.device().is_cuda() || Profile::recording()) return false;
  if (!std::exchange(warm_, true)) return false;  // libraries load and choose their kernels
  stream_.begin_recording();
  return true;
}

bool RecordedWork::end(bool recorded) {
  const int device = stream_.device().index;
  const std::shared_ptr<void> graph = stream_.end_recording();
  if (!recorded || graph == nullptr) {
    ++failures_;
    return false;
  }
  const std::size_t nodes = backend::count_nodes(device, graph.get());
  if (nodes == 0) return true;
  auto& executable = executables_[nodes];
  if (executable == nullptr || !backend::update_executable(device, executable.get(), graph.get()))
    executable = {backend::make_executable(device, graph.get()),
                  [device](void* made) { backend::destroy_executable(device, made); }};
  backend::launch_executable(device, executable.get(), stream_.native());
  ++launches_;
  if (executables_.size() > most_executables) executables_.clear();
  return true;
}

}  // namespace dlcore
