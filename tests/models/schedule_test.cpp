#include "models/schedule.h"

#include <cmath>

#include "tests/catch.h"
#include "tests/error_message.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

double rounded(double value) {
  return std::round(value * 1e6) / 1e6;
}

}  // namespace

TEST_CASE("schedule: constant, with and without warm-up") {
  for (const std::int64_t step : {0, 1, 99}) CHECK(schedule_factor({}, step, 100) == 1);
  const ScheduleConfig warm{.warmup_steps = 4};
  CHECK(schedule_factor(warm, 0, 100) == 0.25);
  CHECK(schedule_factor(warm, 3, 100) == 1);
  CHECK(schedule_factor(warm, 4, 100) == 1);
  CHECK(schedule_factor(warm, 1, 2) == 0.5);  // the training is over before the warm-up is
}

TEST_CASE("schedule: a cosine falls from 1 to nearly 0") {
  // torch.optim.lr_scheduler.CosineAnnealingLR(T_max=8) of a rate of 1, in steps 0 to 7
  const double want[] = {1, 0.961940, 0.853553, 0.691342, 0.5, 0.308658, 0.146447, 0.038060};
  const ScheduleConfig cosine{.name = "cosine"};
  for (std::int64_t step = 0; step < 8; ++step)
    CHECK(rounded(schedule_factor(cosine, step, 8)) == want[step]);
  CHECK(schedule_factor(cosine, 8, 8) == 0);
  CHECK(schedule_factor(cosine, 9, 8) == 0);
  const ScheduleConfig warm{.name = "cosine", .warmup_steps = 2};
  CHECK(schedule_factor(warm, 0, 10) == 0.5);
  CHECK(schedule_factor(warm, 1, 10) == 1);
  for (std::int64_t step = 2; step < 10; ++step)
    CHECK(rounded(schedule_factor(warm, step, 10)) == want[step - 2]);
}

TEST_CASE("schedule: unknown names are refused") {
  CHECK(lacks(error_of([] { schedule_factor({.name = "sine"}, 0, 1); }), {"'sine'", "constant, cosine"}) ==
        "");
}
