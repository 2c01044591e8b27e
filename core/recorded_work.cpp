#include "core/recorded_work.h"

#include <utility>

#include "core/backend.h"
#include "core/profile.h"

namespace dlcore {

bool RecordedWork::replay() const {
  if (executable_ == nullptr || Profile::recording()) return false;
  backend::launch_executable(stream_.device().index, executable_.get(), stream_.native());
  return true;
}

bool RecordedWork::begin() {
  if (!stream_.device().is_cuda() || Profile::recording() || stage_ == Stage::failed) return false;
  if (std::exchange(stage_, Stage::warm) == Stage::cold) return false;
  stream_.begin_recording();
  return true;
}

bool RecordedWork::end(bool recorded) {
  const int device = stream_.device().index;
  const std::shared_ptr<void> graph = stream_.end_recording();
  if (!recorded || graph == nullptr) {
    stage_ = Stage::failed;
    return false;
  }
  executable_ = {backend::make_executable(device, graph.get()),
                 [device](void* made) { backend::destroy_executable(device, made); }};
  return replay();
}

}  // namespace dlcore
