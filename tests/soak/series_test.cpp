// What a soak takes for growth.
#include "tests/soak/series.h"

#include <cmath>

#include "tests/catch.h"

using namespace dlcore::test;

namespace {

// A sample each second; a hundred steps are told of every tenth.
std::vector<Sample> steady(int seconds) {
  std::vector<Sample> series;
  for (int t = 0; t < seconds; ++t)
    series.push_back(
        {static_cast<double>(t),
         {.memory = 100'000 + t % 7 * 100, .threads = 4, .handles = 8 + t % 3, .seconds = t * 0.9},
         t / 10 * 100});
  return series;
}

std::vector<std::string> growth(const std::vector<Sample>& series) {
  return growth_of("x", {stretch_of(series, 0, 100), stretch_of(series, 100, 200)}, true, true);
}

}  // namespace

TEST_CASE("soak: a stretch is what its samples are") {
  const Stretch stretch = stretch_of(steady(200), 100, 200);
  CHECK(stretch.memory == 100'300);
  CHECK(stretch.highest == 100'600);
  CHECK(stretch.threads == 4);
  CHECK(stretch.handles == 8);
  CHECK(stretch.done == 900);
  CHECK(stretch.seconds_each == Approx(0.09));
  CHECK(std::isnan(stretch_of(steady(200), 101, 109).seconds_each));
  CHECK_THROWS(stretch_of(steady(200), 300, 400));
}

TEST_CASE("soak: what stays the same has not grown, and what grows is named") {
  CHECK(growth(steady(200)).empty());
  struct Case {
    const char* says;
    void (*change)(Sample&);
  };
  for (const auto& [says, change] :
       {Case{"x: KiB of memory (median) 100300 in stretch 1 and 102800 in stretch 2",
             [](Sample& sample) { sample.usage.memory += 2500; }},
        Case{"x: KiB of memory (highest) 100600 in stretch 1 and 103500 in stretch 2",
             [](Sample& sample) {
               if (sample.time == 150) sample.usage.memory = 103'500;
             }},
        Case{"x: threads 4 in stretch 1 and 5 in stretch 2", [](Sample& sample) { ++sample.usage.threads; }},
        Case{"x: handles 8 in stretch 1 and 9 in stretch 2", [](Sample& sample) { ++sample.usage.handles; }},
        Case{"x: processor seconds for each 0.09 in stretch 1 and 0.099 in stretch 2",
             [](Sample& sample) { sample.usage.seconds *= 1.1; }}}) {
    std::vector<Sample> series = steady(200);
    for (std::size_t i = 100; i < 200; ++i) change(series[i]);
    const std::vector<std::string> grown = growth(series);
    CAPTURE(says);
    CHECK(std::find(grown.begin(), grown.end(), says) != grown.end());
    CHECK(grown.size() <= 2);
  }
}
