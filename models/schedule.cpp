#include "models/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "core/format.h"
#include "models/saved_state.h"

namespace dlcore {

std::vector<std::string> schedule_names() {
  return {"constant", "step", "exponential", "cosine", "plateau"};
}

Schedule::Schedule(const ScheduleConfig& config, std::int64_t steps_per_epoch, std::int64_t epochs)
    : config_(config), steps_per_epoch_(steps_per_epoch), steps_(steps_per_epoch * epochs) {
  const std::vector<std::string> names = schedule_names();
  require(std::find(names.begin(), names.end(), config.name) != names.end(),
          "there is no learning-rate schedule '{}': the schedules are {}", config.name,
          fmt::join(names, ", "));
}

double Schedule::factor(std::int64_t step) const {
  const std::int64_t warmup = config_.warmup_steps;
  const std::int64_t epoch = step / steps_per_epoch_;
  const auto fallen = [&](std::int64_t times) { return std::pow(config_.gamma, static_cast<double>(times)); };
  double factor = 1;
  if (config_.name == "step") factor = fallen(epoch / config_.period);
  if (config_.name == "exponential") factor = fallen(epoch);
  if (config_.name == "plateau") factor = fallen(falls_);
  if (config_.name == "cosine" && step > warmup && steps_ > warmup) {
    const double part = static_cast<double>(step - warmup) / static_cast<double>(steps_ - warmup);
    factor = config_.floor + (1 - config_.floor) * (1 + std::cos(std::numbers::pi * std::min(part, 1.0))) / 2;
  }
  factor = std::max(factor, config_.floor);
  return step < warmup ? factor * static_cast<double>(step + 1) / static_cast<double>(warmup) : factor;
}

void Schedule::validated(double figure, bool higher_is_better) {
  constexpr double threshold = 1e-4;
  const double sign = higher_is_better ? -1 : 1;
  const bool improved = std::isnan(best_) || sign * figure < sign * best_ - threshold * std::abs(best_);
  if (improved) {
    best_ = figure;
    without_improvement_ = 0;
  } else if (++without_improvement_ > config_.patience) {
    without_improvement_ = 0;
    ++falls_;
  }
}

void Schedule::state(SavedState& saved) {
  saved.value("best", best_);
  saved.value("without_improvement", without_improvement_);
  saved.value("falls", falls_);
}

}  // namespace dlcore
