// Training steps in little memory.
#include "models/step_history.h"

#include <limits>

#include "tests/catch.h"
#include "tests/models/relative_error.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

StepHistory history_of(std::int64_t steps, std::size_t capacity) {
  StepHistory history(capacity);
  for (std::int64_t step = 1; step <= steps; ++step)
    history.add({.epoch = (step - 1) / 10 + 1,
                 .step = step,
                 .steps_per_epoch = 10,
                 .step_in_epoch = (step - 1) % 10 + 1,
                 .steps_in_all = 100,
                 .loss = static_cast<double>(step),
                 .reward = std::numeric_limits<double>::quiet_NaN(),
                 .gradient_norm = 2.0 * static_cast<double>(step),
                 .items_per_second = 0,
                 .learning_rate = 0.5});
  return history;
}

}  // namespace

TEST_CASE("step history: few steps are kept as they are") {
  const auto points = history_of(3, 8).points();
  REQUIRE(points.size() == 3);
  CHECK(points[1].loss == 2);
  CHECK(points[1].gradient_norm == 4);
  CHECK(points[1].learning_rate == 0.5);
  CHECK(points[1].epoch == 0.2);
  CHECK(history_of(25, 100).points().back().epoch == 2.5);
  CHECK(history_of(0, 8).points().empty());
}

TEST_CASE("step history: many steps become means over equally many, and none is lost") {
  for (std::int64_t steps = 1; steps <= 200; ++steps) {
    INFO(steps);
    const auto points = history_of(steps, 8).points();
    CHECK(points.size() <= 9);
    CHECK((steps < 5 || points.size() >= 5));
    // All points but the last are of as many steps as the first, in which steps 1 to n have the mean
    // (n + 1) / 2.
    const auto each = static_cast<std::int64_t>(2 * points[0].loss - 1);
    std::int64_t before = 0;
    for (const auto& point : points) {
      const std::int64_t end = std::min(before + each, steps);
      CHECK(relative_error(point.loss, 0.5 * static_cast<double>(before + 1 + end)) <= 1e-12);
      CHECK(relative_error(point.gradient_norm, static_cast<double>(before + 1 + end)) <= 1e-12);
      CHECK(relative_error(point.epoch, 0.1 * static_cast<double>(end)) <= 1e-12);
      CHECK(relative_error(point.learning_rate, 0.5) <= 1e-12);
      before = end;
    }
    CHECK(before == steps);
  }
}
