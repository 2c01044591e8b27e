#include "models/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "core/error.h"

namespace dlcore {

std::vector<std::string> schedule_names() {
  return {"constant", "cosine"};
}

double schedule_factor(const ScheduleConfig& config, std::int64_t step, std::int64_t steps) {
  const std::vector<std::string> names = schedule_names();
  require(std::find(names.begin(), names.end(), config.name) != names.end(),
          "there is no learning-rate schedule '{}': the schedules are constant, cosine", config.name);
  const std::int64_t warmup = config.warmup_steps;
  if (step < warmup) return static_cast<double>(step + 1) / static_cast<double>(warmup);
  if (config.name == "constant" || steps <= warmup) return 1;
  const double part = static_cast<double>(step - warmup) / static_cast<double>(steps - warmup);
  return (1 + std::cos(std::numbers::pi * std::min(part, 1.0))) / 2;
}

}  // namespace dlcore
