#include "models/open_task.h"

#include <utility>

#include "models/caption_task.h"
#include "models/graph_task.h"

namespace dlcore {
namespace {

// The data are made before the task, and outlive it.
template <class Data>
struct Holds {
  Data data;
};

template <class Task, class Data>
struct WithData : private Holds<Data>, public Task {
  template <class... Rest>
  WithData(const Config& config, Data opened, Rest... rest)
      : Holds<Data>{std::move(opened)}, Task(config, this->data, rest...) {}
};

}  // namespace

std::unique_ptr<TrainingTask> open_task(const Config& config, Device device, bool to_be_restored) {
  if (!config.graph.empty())
    return std::make_unique<WithData<GraphTask, ExampleData>>(config, open_examples(config), device);
  return std::make_unique<WithData<CaptionTask, CaptionData>>(config, open_data(config), device,
                                                              to_be_restored);
}

}  // namespace dlcore
