// How far a training run has come.
#pragma once

#include <cstdint>

#include "models/saved_state.h"

namespace dlcore {

/// Of an epoch: what its training steps so far add up to.
struct EpochSums {
  std::int64_t batches = 0;              // that are done; the next one goes on from here
  std::int64_t steps = 0;                // of the optimiser
  std::int64_t examples = 0, items = 0;  // (models/training_task.h)
  double loss = 0, reward = 0;           // of all examples; the reward is NaN where captions are not drawn
  double seconds = 0;                    // of those before the last continuation

  void state(SavedState& saved);
};

struct TrainingProgress {
  std::int64_t part = 0;               // of the task's parts
  std::int64_t epochs = 0;             // that are done and validated, in all
  std::int64_t epochs_of_part = 0;     // and of this part
  std::int64_t epochs_since_best = 0;  // in this part
  std::int64_t best_epoch = 0;         // 0: there was none
  double best_figure = 0;
  std::int64_t scheduled = 0;  // steps before this part's schedule began
  double learning_rate = 0;    // of the last step
  double lowered = 1;          // what the rates are multiplied by since numbers were not finite
  std::int64_t skipped = 0;    // steps left out one after another, up to the last
  EpochSums sums;              // of the epoch after those

  void state(SavedState& saved);
};

}  // namespace dlcore
