// The expected factors are those of PyTorch's schedulers for a rate of 1, one step per epoch unless said.
#include "models/schedule.h"

#include <cmath>

#include "tests/catch.h"
#include "tests/error_message.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

using Factors = std::vector<double>;

double rounded(double value) {
  return std::round(value * 1e6) / 1e6;
}

Factors factors(const ScheduleConfig& config, std::int64_t steps, std::int64_t steps_per_epoch = 1) {
  const Schedule schedule(config, steps_per_epoch, steps / steps_per_epoch);
  Factors list;
  for (std::int64_t step = 0; step < steps; ++step) list.push_back(rounded(schedule.factor(step)));
  return list;
}

Factors plateau(const ScheduleConfig& config, const Factors& figures, bool higher_is_better) {
  Schedule schedule(config, 3, static_cast<std::int64_t>(figures.size()));
  Factors list;
  for (std::size_t epoch = 0; epoch < figures.size(); ++epoch) {
    list.push_back(rounded(schedule.factor(static_cast<std::int64_t>(3 * epoch))));
    schedule.validated(figures[epoch], higher_is_better);
  }
  return list;
}

}  // namespace

TEST_CASE("schedule: constant, with and without warm-up") {
  CHECK(factors({}, 4) == Factors{1, 1, 1, 1});
  CHECK(factors({.warmup_steps = 4}, 6) == Factors{0.25, 0.5, 0.75, 1, 1, 1});
  CHECK(factors({.warmup_steps = 4}, 2) == Factors{0.25, 0.5});  // the training is over before the warm-up is
}

TEST_CASE("schedule: steps and exponential decay, by epochs") {
  CHECK(factors({.name = "step", .gamma = 0.3, .period = 2}, 7) ==
        Factors{1, 1, 0.3, 0.3, 0.09, 0.09, 0.027});
  CHECK(factors({.name = "step", .gamma = 0.5, .period = 1}, 6, 2) == Factors{1, 1, 0.5, 0.5, 0.25, 0.25});
  CHECK(factors({.name = "step", .gamma = 0.3, .period = 2, .floor = 0.2}, 6) ==
        Factors{1, 1, 0.3, 0.3, 0.2, 0.2});
  CHECK(factors({.name = "exponential", .gamma = 0.9}, 5) == Factors{1, 0.9, 0.81, 0.729, 0.6561});
  CHECK(factors({.name = "exponential", .warmup_steps = 2, .gamma = 0.5}, 4) ==
        Factors{0.5, 0.5, 0.25, 0.125});
}

TEST_CASE("schedule: a cosine falls from 1 to nearly 0, or to its floor") {
  const Factors want{1, 0.961940, 0.853553, 0.691342, 0.5, 0.308658, 0.146447, 0.038060};
  CHECK(factors({.name = "cosine"}, 8) == want);
  const Schedule cosine({.name = "cosine"}, 4, 2);
  CHECK(cosine.factor(8) == 0);
  CHECK(cosine.factor(9) == 0);
  Factors warm{0.5, 1};
  warm.insert(warm.end(), want.begin(), want.end());
  CHECK(factors({.name = "cosine", .warmup_steps = 2}, 10) == warm);
  CHECK(factors({.name = "cosine", .floor = 0.1}, 8) ==
        Factors{1, 0.965746, 0.868198, 0.722208, 0.55, 0.377792, 0.231802, 0.134254});
}

TEST_CASE("schedule: on a plateau of the validation's figure") {
  CHECK(plateau({.name = "plateau", .gamma = 0.5, .patience = 1, .floor = 0.2},
                {5, 4, 4, 3.9999, 4.1, 3, 3, 3, 3, 3, 2.9, 2.95},
                false) == Factors{1, 1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25, 0.2, 0.2});
  CHECK(plateau({.name = "plateau", .gamma = 0.5, .patience = 1},
                {1, 2, 2, 2, 2.1, 2.1, 2.1001, 2.1, 3, 3.1, 3, 3},
                true) == Factors{1, 1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.25, 0.25});
}

TEST_CASE("schedule: unknown names are refused") {
  CHECK(lacks(error_of([] { Schedule({.name = "sine"}, 1, 1); }),
              {"'sine'", "constant, step, exponential, cosine, plateau"}) == "");
}
