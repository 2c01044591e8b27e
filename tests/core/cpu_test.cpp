#include "core/cpu.h"

#include <atomic>
#include <vector>

#include "core/error.h"
#include "tests/devices.h"

using namespace dlcore;
using namespace dlcore::test;

TEST_CASE("lanes: each number once, kernels there with one thread, and as many as before afterwards") {
  const int before = cpu_threads();
  set_cpu_threads(3);
  const int allowed = cpu_threads();  // 1 without OpenMP
  for (const int lanes : {0, 1, 2, 7}) {
    std::vector<int> calls(static_cast<std::size_t>(lanes));
    std::atomic<int> most_threads{0};
    in_lanes(lanes, [&](int lane) {
      ++calls[static_cast<std::size_t>(lane)];
      if (cpu_threads() > most_threads) most_threads = cpu_threads();
    });
    CHECK(calls == std::vector<int>(static_cast<std::size_t>(lanes), 1));
    CHECK(most_threads == (lanes > 0 ? 1 : 0));
    CHECK(cpu_threads() == allowed);
  }
  set_cpu_threads(before);
}

TEST_CASE("lanes: an error of one comes out when all have ended") {
  std::atomic<int> ended{0};
  const std::string message = error_of([&] {
    in_lanes(4, [&](int lane) {
      if (lane % 2 == 1) fail("lane {}", lane);
      ++ended;
    });
  });
  CHECK(message == "lane 1");
  CHECK(ended == 2);
}

TEST_CASE("threads: each number once, and the first error when all have ended") {
  for (const int count : {0, 1, 2, 7}) {
    std::vector<int> calls(static_cast<std::size_t>(count));
    in_threads(count, [&](int i) { ++calls[static_cast<std::size_t>(i)]; });
    CHECK(calls == std::vector<int>(static_cast<std::size_t>(count), 1));
  }
  std::atomic<int> ended{0};
  const std::string message = error_of([&] {
    in_threads(4, [&](int i) {
      if (i % 2 == 1) fail("thread {}", i);
      ++ended;
    });
  });
  CHECK(message == "thread 1");
  CHECK(ended == 2);
}
