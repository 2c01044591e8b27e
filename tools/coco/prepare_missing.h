// The data file of a training run that names a folder of pictures: made where it is not there.
#pragma once

#include "tools/coco/prepare_coco.h"

namespace dlcore {

/// Runs prepare_coco without features where OUT is not there, and prints its report. Where OUT is there,
/// Error unless it has pictures made from the same annotations with the same settings; whether it has
/// features too makes no difference. The pictures themselves are not looked at then.
void prepare_missing(const CocoOptions& options);

}  // namespace dlcore
