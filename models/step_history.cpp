#include "models/step_history.h"

#include "models/saved_state.h"

namespace dlcore {
namespace {

// Sums, but the later one's place.
StepHistory::Point plus(const StepHistory::Point& a, const StepHistory::Point& b) {
  return {b.epoch, a.loss + b.loss, a.gradient_norm + b.gradient_norm, a.learning_rate + b.learning_rate};
}

StepHistory::Point mean(const StepHistory::Point& sum, std::int64_t count) {
  const auto n = static_cast<double>(count);
  return {sum.epoch, sum.loss / n, sum.gradient_norm / n, sum.learning_rate / n};
}

}  // namespace

StepHistory::StepHistory(std::size_t capacity) : capacity_(capacity) {
  points_.reserve(capacity);
}

void StepHistory::halve() {
  for (std::size_t i = 0; i < points_.size() / 2; ++i)
    points_[i] = mean(plus(points_[2 * i], points_[2 * i + 1]), 2);
  points_.resize(points_.size() / 2);
  steps_of_point_ *= 2;
}

void StepHistory::add(const TrainingStep& step) {
  const double epoch = static_cast<double>(step.epoch - 1) +
                       static_cast<double>(step.step_in_epoch) / static_cast<double>(step.steps_per_epoch);
  pending_ = plus(pending_, {epoch, step.loss, step.gradient_norm, step.learning_rate});
  if (++steps_pending_ < steps_of_point_) return;
  if (points_.size() == capacity_) {
    halve();
    return;  // a point is of twice as many steps from now on
  }
  points_.push_back(mean(pending_, steps_pending_));
  pending_ = {};
  steps_pending_ = 0;
}

std::vector<StepHistory::Point> StepHistory::points() const {
  std::vector<Point> all = points_;
  if (steps_pending_ > 0) all.push_back(mean(pending_, steps_pending_));
  return all;
}

void StepHistory::Point::state(SavedState& saved) {
  saved.value("epoch", epoch);
  saved.value("loss", loss);
  saved.value("gradient_norm", gradient_norm);
  saved.value("learning_rate", learning_rate);
}

void StepHistory::state(SavedState& saved) {
  saved.value("steps_of_point", steps_of_point_);
  saved.value("steps_pending", steps_pending_);
  saved.part("pending", pending_);
  saved.table("points", points_);
}

}  // namespace dlcore
