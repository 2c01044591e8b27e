// Whether a configuration goes on with a run, or would make another one of it.
#pragma once

#include "models/checkpoint.h"
#include "models/config.h"
#include "models/training_progress.h"

namespace dlcore {

/// Throws Error that names every key which is not what it was and would change what the run learns, or is
/// refused for where the run is. What may differ: where the run's files lie and where the data do (their
/// contents may not: require_same_data), what is written besides the metrics, what to do with numbers that
/// are not finite, train.patience; and train.epochs and self_critical.epochs where nothing but the end
/// depends on them.
void require_same_run(const RunIdentity& then, const TrainingProgress& progress, const Config& now);

}  // namespace dlcore
