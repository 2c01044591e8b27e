#include "layers/memory_plan.h"

#include <algorithm>
#include <vector>

#include "core/random.h"
#include "tests/catch.h"

using namespace dlcore;

namespace {

struct Lifetime {
  std::size_t bytes;
  int begin, end;
};

std::vector<Lifetime> random_lifetimes(std::uint64_t seed) {
  Random random(seed);
  std::vector<Lifetime> buffers(static_cast<std::size_t>(1 + random.below(60)));
  const std::int64_t times = 1 + random.below(30);
  for (auto& buffer : buffers) {
    const std::int64_t begin = random.below(times);
    const std::int64_t size = random.below(3) == 0 ? random.below(4) : random.below(5000);  // often tiny or 0
    buffer = {static_cast<std::size_t>(size), static_cast<int>(begin),
              static_cast<int>(begin + random.below(times - begin))};
  }
  return buffers;
}

MemoryPlan solve(const std::vector<Lifetime>& buffers) {
  MemoryPlan plan;
  for (const auto& buffer : buffers) plan.add(buffer.bytes, buffer.begin, buffer.end);
  plan.solve();
  return plan;
}

// The largest number of bytes alive at one time: no plan can do with less.
std::size_t most_alive(const std::vector<Lifetime>& buffers) {
  std::size_t most = 0;
  for (int time = 0; time < 30; ++time) {
    std::size_t bytes = 0;
    for (const auto& buffer : buffers)
      if (buffer.begin <= time && time <= buffer.end) bytes += buffer.bytes;
    most = std::max(most, bytes);
  }
  return most;
}

}  // namespace

TEST_CASE("buffers that are alive together never overlap") {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    INFO("seed " << seed);
    const std::vector<Lifetime> buffers = random_lifetimes(seed);
    const MemoryPlan plan = solve(buffers);
    REQUIRE(plan.count() == buffers.size());
    int overlaps = 0, crooked = 0, outside = 0;
    std::size_t sum = 0;
    for (std::size_t a = 0; a < buffers.size(); ++a) {
      CHECK(plan.bytes(a) == buffers[a].bytes);
      sum += buffers[a].bytes;
      crooked += plan.offset(a) % MemoryPlan::alignment != 0;
      outside += plan.offset(a) + plan.bytes(a) > plan.total();
      for (std::size_t b = 0; b < a; ++b) {
        const bool together = buffers[a].begin <= buffers[b].end && buffers[b].begin <= buffers[a].end;
        const bool apart = plan.offset(a) + plan.bytes(a) <= plan.offset(b) ||
                           plan.offset(b) + plan.bytes(b) <= plan.offset(a);
        overlaps += together && !apart && plan.bytes(a) > 0 && plan.bytes(b) > 0;
      }
    }
    CHECK(overlaps == 0);
    CHECK(crooked == 0);
    CHECK(outside == 0);
    CHECK(plan.sum() == sum);
    CHECK(plan.total() >= most_alive(buffers));
    CHECK(plan.total() <= sum + MemoryPlan::alignment * buffers.size());
  }
}

TEST_CASE("the same buffers get the same offsets") {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const std::vector<Lifetime> buffers = random_lifetimes(seed);
    const MemoryPlan one = solve(buffers);
    MemoryPlan two = solve(buffers);
    two.solve();  // a second time changes nothing
    CHECK(one.total() == two.total());
    for (std::size_t i = 0; i < buffers.size(); ++i) CHECK(one.offset(i) == two.offset(i));
  }
}

TEST_CASE("buffers that follow each other share memory, a chain needs two") {
  const MemoryPlan after = solve({{1000, 0, 1}, {1000, 2, 3}, {1000, 4, 4}});
  CHECK(after.total() == 1000);
  const MemoryPlan chain = solve({{1024, 0, 1}, {1024, 1, 2}, {1024, 2, 3}, {1024, 3, 4}});
  CHECK(chain.total() == 2048);
  CHECK(MemoryPlan().total() == 0);
}

TEST_CASE("a plan serves smaller buffers, and grows to serve larger ones") {
  MemoryPlan plan = solve({{1000, 0, 2}, {500, 1, 3}});
  CHECK(plan.serves(solve({{1000, 0, 2}, {10, 1, 3}})));
  CHECK_FALSE(plan.serves(solve({{1001, 0, 2}, {10, 1, 3}})));
  CHECK_FALSE(plan.serves(solve({{1000, 0, 2}})));
  CHECK_FALSE(plan.serves(solve({{1000, 0, 2}, {10, 1, 3}, {1, 1, 1}})));
  MemoryPlan larger = solve({{10, 0, 2}, {2000, 1, 3}});
  larger.grow_to(plan);
  larger.solve();
  CHECK(larger.bytes(0) == 1000);
  CHECK(larger.bytes(1) == 2000);
  CHECK(larger.serves(plan));
  larger.grow_to(MemoryPlan());  // of another graph: left alone
  CHECK(larger.count() == 2);
}
