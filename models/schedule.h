// How the learning rate changes over a training.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace dlcore {

class SavedState;

struct ScheduleConfig {
  std::string name = "constant";  // of schedule_names()
  std::int64_t warmup_steps = 0;
  double gamma = 0.5;         // step, exponential, plateau: factor of one fall
  std::int64_t period = 5;    // step: epochs from one fall to the next
  std::int64_t patience = 2;  // plateau: validations without improvement that do not matter yet
  double floor = 0;           // smallest factor of the schedule
};

std::vector<std::string> schedule_names();

/// What the learning rate of a step is multiplied by. With w warm-up steps, of epoch e and step s (from 0) of
/// S in all:
///
///     constant:     1
///     step:         gamma^floor(e / period)
///     exponential:  gamma^e
///     cosine:       floor + (1 - floor) (1 + cos(pi (s - w) / (S - w))) / 2   Loshchilov and Hutter, "SGDR",
///     2017 plateau:      gamma^n after n times in which `patience` + 1 validations in a row brought no
///                   improvement of more than 1e-4 of the best figure
///
/// but `floor` at least; in step s < w, (s + 1) / w of it. As PyTorch's StepLR, ExponentialLR,
/// CosineAnnealingLR and ReduceLROnPlateau.
class Schedule {
 public:
  /// Throws Error for an unknown name.
  Schedule(const ScheduleConfig& config, std::int64_t steps_per_epoch, std::int64_t epochs);

  double factor(std::int64_t step) const;
  /// Tells of a validation's figure, of which lower (or higher) ones are better.
  void validated(double figure, bool higher_is_better = false);
  void state(SavedState& saved);

 private:
  ScheduleConfig config_;
  std::int64_t steps_per_epoch_, steps_;
  double best_ = std::numeric_limits<double>::quiet_NaN();
  std::int64_t without_improvement_ = 0, falls_ = 0;
};

}  // namespace dlcore
