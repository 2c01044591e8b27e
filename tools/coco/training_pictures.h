// From the configuration of a training run to the data file that it wants made from a folder of pictures.
#pragma once

#include <optional>

#include "models/config.h"
#include "tools/coco/prepare_coco.h"

namespace dlcore {

/// What data.annotations and the keys beside it ask for; nothing where there is no data.annotations. Error
/// for keys that contradict each other or are missing.
std::optional<CocoOptions> training_pictures(const Config& config);

}  // namespace dlcore
