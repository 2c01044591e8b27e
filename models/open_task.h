// From a configuration to what is trained: a captioner, or the network of its graph.
#pragma once

#include <memory>

#include "models/config.h"
#include "models/training_task.h"

namespace dlcore {

/// A task with the data that it has opened.
std::unique_ptr<TrainingTask> open_task(const Config& config, Device device, bool to_be_restored = false);

}  // namespace dlcore
