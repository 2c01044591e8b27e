// What training steps were like, kept in little memory however many there are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace dlcore {

class SavedState;

struct TrainingStep {
  std::int64_t epoch, step, steps_per_epoch, step_in_epoch;
  std::int64_t steps_in_all;
  double loss;              // of this batch; NaN where captions are drawn
  double reward;            // of the captions drawn, NaN where none are
  double gradient_norm;     // before clipping; 0 where clipping is off
  double items_per_second;  // over this epoch so far: tokens, say
  double learning_rate;
};

class StepHistory {
 public:
  struct Point {
    double epoch = 0;  // epochs that were done at its end, with a fraction
    double loss = 0, gradient_norm = 0, learning_rate = 0;

    void state(SavedState& saved);
  };

  /// At most `capacity` points, an even number.
  explicit StepHistory(std::size_t capacity = 512);

  void add(const TrainingStep& step);
  /// Means over equally many steps; of the last ones over what there is.
  std::vector<Point> points() const;
  void state(SavedState& saved);

 private:
  void halve();

  std::size_t capacity_;
  std::int64_t steps_of_point_ = 1, steps_pending_ = 0;
  Point pending_;  // sums, but for the epoch
  std::vector<Point> points_;
};

}  // namespace dlcore
