// How the learning rate changes over a training.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace dlcore {

struct ScheduleConfig {
  std::string name = "constant";  // of schedule_names(): constant, cosine
  std::int64_t warmup_steps = 0;
};

std::vector<std::string> schedule_names();

/// What the learning rate of step `step` (from 0) of `steps` is multiplied by. With w warm-up steps:
///
///     step < w:   (step + 1) / w
///     constant:   1
///     cosine:     (1 + cos(pi (step - w) / (steps - w))) / 2      Loshchilov and Hutter, "SGDR", 2017
///
/// Throws Error for an unknown name.
double schedule_factor(const ScheduleConfig& config, std::int64_t step, std::int64_t steps);

}  // namespace dlcore
