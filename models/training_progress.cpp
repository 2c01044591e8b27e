#include "models/training_progress.h"

namespace dlcore {

void EpochSums::state(SavedState& saved) {
  saved.value("batches", batches);
  saved.value("steps", steps);
  saved.value("examples", examples);
  saved.value("items", items);
  saved.value("loss", loss);
  saved.value("reward", reward);
  saved.value("seconds", seconds);
}

void TrainingProgress::state(SavedState& saved) {
  saved.value("part", part);
  saved.value("epochs", epochs);
  saved.value("epochs_of_part", epochs_of_part);
  saved.value("epochs_since_best", epochs_since_best);
  saved.value("best_epoch", best_epoch);
  saved.value("best_figure", best_figure);
  saved.value("scheduled", scheduled);
  saved.value("learning_rate", learning_rate);
  saved.value("lowered", lowered);
  saved.value("skipped", skipped);
  saved.part("epoch", sums);
}

}  // namespace dlcore
