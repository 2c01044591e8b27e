#include "tools/examples/validation_share.h"

#include <algorithm>

#include "tests/catch.h"

using namespace dlcore;

namespace {

// How many of each of the classes 0, 1, 2 are chosen.
std::vector<std::int64_t> chosen_of(const std::vector<std::int32_t>& labels, double share,
                                    std::uint64_t seed = 1) {
  const std::vector<bool> chosen = choose_validation(labels, share, seed);
  REQUIRE(chosen.size() == labels.size());
  std::vector<std::int64_t> counts(3, 0);
  for (std::size_t i = 0; i < labels.size(); ++i) counts[static_cast<std::size_t>(labels[i])] += chosen[i];
  return counts;
}

}  // namespace

TEST_CASE("validation share: of each class so many, whatever their order") {
  std::vector<std::int32_t> labels;
  for (int i = 0; i < 160; ++i) labels.push_back(i % 16 == 0 ? 2 : i % 3 == 0 ? 1 : 0);  // 100, 50, 10
  CHECK(chosen_of(labels, 0.1) == std::vector<std::int64_t>{10, 5, 1});
  CHECK(chosen_of(labels, 0.5) == std::vector<std::int64_t>{50, 25, 5});
  CHECK(chosen_of(labels, 0) == std::vector<std::int64_t>{0, 0, 0});
  CHECK(choose_validation(labels, 0.1, 1) == choose_validation(labels, 0.1, 1));
  CHECK(choose_validation(labels, 0.1, 1) != choose_validation(labels, 0.1, 2));
}

TEST_CASE("validation share: one of two, none of one, and never all") {
  CHECK(chosen_of({0, 0, 1, 2, 2, 2}, 0.01) == std::vector<std::int64_t>{1, 0, 1});
  CHECK(chosen_of({0, 0, 1, 2, 2, 2}, 0.9) == std::vector<std::int64_t>{1, 0, 2});
  CHECK(choose_validation(std::vector<std::int32_t>(), 0.5, 1).empty());
}
