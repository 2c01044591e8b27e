#include "core/random.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "tests/devices.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

// A mean of n numbers of deviation d strays by d / sqrt(n); five times that is never seen by chance, and the
// seeds are fixed anyway.
double stray(double deviation, std::size_t n) {
  return 5 * deviation / std::sqrt(static_cast<double>(n));
}

double moment(const std::vector<double>& values, int power) {
  double total = 0;
  for (const double v : values) total += std::pow(v, power);
  return total / static_cast<double>(values.size());
}

}  // namespace

TEST_CASE("uniform numbers fill the unit interval evenly") {
  Random random(7);
  std::vector<double> values(100000);
  for (auto& v : values) v = random.uniform();
  CHECK(*std::min_element(values.begin(), values.end()) >= 0);
  CHECK(*std::max_element(values.begin(), values.end()) < 1);
  const std::size_t n = values.size();
  CHECK(std::abs(moment(values, 1) - 1.0 / 2) < stray(std::sqrt(1.0 / 12), n));
  CHECK(std::abs(moment(values, 2) - 1.0 / 3) < stray(std::sqrt(4.0 / 45), n));
  std::vector<int> counts(16);
  for (const double v : values) ++counts[static_cast<std::size_t>(v * 16)];
  for (const int count : counts)
    CHECK(std::abs(count / static_cast<double>(n) - 1.0 / 16) < stray(std::sqrt(15.0) / 16, n));
}

TEST_CASE("normal numbers have the moments of the normal distribution") {
  const auto values = draw(100000, 11);
  const std::size_t n = values.size();
  CHECK(std::abs(moment(values, 1)) < stray(1, n));
  CHECK(std::abs(moment(values, 2) - 1) < stray(std::sqrt(2.0), n));
  CHECK(std::abs(moment(values, 3)) < stray(std::sqrt(15.0), n));
  CHECK(std::abs(moment(values, 4) - 3) < stray(std::sqrt(96.0), n));
  double neighbours = 0;
  for (std::size_t i = 0; i + 1 < n; ++i) neighbours += values[i] * values[i + 1];
  CHECK(std::abs(neighbours / static_cast<double>(n)) < stray(1, n));
}

TEST_CASE("the seed and the subsequence determine the numbers") {
  CHECK(draw(100, 3) == draw(100, 3));
  CHECK(draw(100, 3) != draw(100, 4));
  Random a(3, 0);
  Random b(3, 1);
  int equal = 0;
  for (int i = 0; i < 1000; ++i) equal += a.word() == b.word();
  CHECK(equal <= 1);
}

TEST_CASE("below is even and within its limit") {
  Random random(5);
  for (const std::int64_t limit : {1, 2, 7, 1000}) {
    std::vector<int> counts(static_cast<std::size_t>(limit));
    const int draws = 70000;
    for (int i = 0; i < draws; ++i) {
      const auto k = random.below(limit);
      REQUIRE((k >= 0 && k < limit));
      ++counts[static_cast<std::size_t>(k)];
    }
    const double p = 1.0 / static_cast<double>(limit);
    for (const int count : counts)
      CHECK(std::abs(count / static_cast<double>(draws) - p) <= stray(std::sqrt(p * (1 - p)), draws));
  }
  const std::int64_t most = std::int64_t{3} << 61;  // half of all 64-bit words must be drawn again
  double mean = 0;
  for (int i = 0; i < 10000; ++i) mean += static_cast<double>(random.below(most)) / 10000;
  CHECK(std::abs(mean / static_cast<double>(most) - 0.5) < stray(std::sqrt(1.0 / 12), 10000));
}

TEST_CASE("below refuses a limit that leaves nothing to draw") {
  Random random(5);
  CHECK_THROWS_AS(random.below(0), Error);
  CHECK_THROWS_AS(random.below(-3), Error);
}

TEST_CASE("a permutation holds every number once") {
  Random random(9);
  for (const std::int64_t n : {0, 1, 2, 31, 1600}) {
    auto order = random.permutation(n);
    REQUIRE(order.size() == static_cast<std::size_t>(n));
    if (n == 1600) CHECK(!std::is_sorted(order.begin(), order.end()));
    std::sort(order.begin(), order.end());
    for (std::int64_t i = 0; i < n; ++i) REQUIRE(order[static_cast<std::size_t>(i)] == i);
  }
  int first[3] = {};
  for (int i = 0; i < 30000; ++i) ++first[random.permutation(3)[0]];
  for (const int count : first) CHECK(std::abs(count / 30000.0 - 1.0 / 3) < stray(std::sqrt(2.0) / 3, 30000));
}

TEST_CASE("tensors are filled with the same numbers on every device and in every type") {
  on_every_target([](const Target& target) {
    const Tensor tensor(Shape{31, 33}, target.type, target.device());
    Random(21).fill_normal(tensor, 0.5);
    check_close(target, tensor, draw(31 * 33, 21, 0.5));
    Random(22).fill_uniform(tensor, -2, 3);
    Random again(22);
    std::vector<double> want(31 * 33);
    for (auto& v : want) v = -2 + 5 * again.uniform();
    check_close(target, tensor, want);
  });
}
