// Mean and deviation per channel against the plain two-pass computation.
#include "models/feature_statistics.h"

#include "core/random.h"
#include "tests/catch.h"
#include "tests/io/odd_hdf5.h"
#include "tests/models/relative_error.h"
#include "tests/temporary_directory.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

void check_statistics(const std::vector<std::uint64_t>& shape, double offset) {
  const TemporaryDirectory folder;
  std::uint64_t count = 1;
  for (const auto size : shape) count *= size;
  Random random(7);
  std::vector<double> values(count);
  for (auto& value : values) value = static_cast<float>(offset + random.normal());
  write_odd_hdf5(folder.file("f.h5"), {{"features", OddType::float32, shape, values}});
  const FeatureStatistics got = feature_statistics(FeatureReader(folder.file("f.h5"), "features"));

  const std::size_t channels = shape[1];
  const std::size_t spatial = shape.size() == 4 ? shape[2] * shape[3] : 1;
  REQUIRE(got.mean.size() == channels);
  REQUIRE(got.deviation.size() == channels);
  for (std::size_t c = 0; c < channels; ++c) {
    std::vector<double> own;
    for (std::size_t i = 0; i < values.size(); ++i)
      if (i / spatial % channels == c) own.push_back(values[i]);
    double mean = 0, squares = 0;
    for (const double value : own) mean += value / static_cast<double>(own.size());
    for (const double value : own) squares += (value - mean) * (value - mean);
    CHECK(relative_error(got.mean[c], mean) <= 1e-12);
    const double deviation = own.size() > 1 ? std::sqrt(squares / static_cast<double>(own.size() - 1)) : 0;
    CHECK(relative_error(got.deviation[c], deviation) <= 1e-9);
  }
}

}  // namespace

TEST_CASE("feature statistics: vectors and grids, more rows than are read at once") {
  check_statistics({600, 5}, 0);
  check_statistics({40, 3, 2, 5}, 1);
  check_statistics({257, 1}, -2);
  check_statistics({1, 4}, 0);
}

TEST_CASE("feature statistics: a large mean costs no digits") {
  check_statistics({300, 2}, 1e5);
}
