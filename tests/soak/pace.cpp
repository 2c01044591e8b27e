#include "tests/soak/pace.h"

#include <algorithm>
#include <ctime>
#include <numeric>
#include <random>

namespace dlcore::test {
namespace {

constexpr std::size_t places = 1 << 17;  // of 4 bytes, in each of the two
constexpr int passes = 40;
constexpr int steps = 500'000;

double thread_seconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

}  // namespace

Pace::Pace() : values_(places, 1), next_(places) {
  std::vector<std::uint32_t> order(places);
  std::iota(order.begin(), order.end(), 0u);
  std::shuffle(order.begin(), order.end(), std::mt19937(1));
  for (std::size_t i = 0; i < places; ++i) next_[order[i]] = order[(i + 1) % places];
}

void Pace::work() {
  const double begin = thread_seconds();
  for (int pass = 0; pass < passes; ++pass)
    for (float& value : values_) value = value * 0.999f + 0.001f;
  std::uint32_t at = 0;
  for (int step = 0; step < steps; ++step) at = next_[at];
  values_[at] += 1e-6f;  // so that the walk is needed
  seconds_ += thread_seconds() - begin;
  ++done_;
}

}  // namespace dlcore::test
