#include "tools/ordered_pipeline.h"

#include <atomic>
#include <stdexcept>

#include "tests/catch.h"

using namespace dlcore;

TEST_CASE("ordered pipeline: all results in order, never too far ahead") {
  for (const int threads : {1, 2, 7})
    for (const std::int64_t window : {1, 3, 100}) {
      std::atomic<std::int64_t> begun{5};
      std::int64_t taken = 5;
      OrderedPipeline<std::int64_t> pipeline(5, 300, threads, window, [&](std::int64_t i) {
        ++begun;
        return 10 * i;
      });
      for (; taken < 300; ++taken) {
        REQUIRE(pipeline.next() == 10 * taken);
        REQUIRE(begun <= taken + 1 + window);
      }
    }
}

TEST_CASE("ordered pipeline: a failure comes in its place, and the rest may be left") {
  OrderedPipeline<int> pipeline(0, 1000, 3, 8, [](std::int64_t i) {
    if (i == 20) throw std::runtime_error("twenty");
    return static_cast<int>(i);
  });
  for (int i = 0; i < 20; ++i) REQUIRE(pipeline.next() == i);
  CHECK_THROWS_WITH(pipeline.next(), "twenty");
  CHECK(pipeline.next() == 21);
}

TEST_CASE("ordered pipeline: nothing to do") {
  OrderedPipeline<int> pipeline(3, 3, 2, 4, [](std::int64_t) { return 0; });
}
