#include "tests/models/example_fixture.h"

#include "core/random.h"

namespace dlcore::test {
namespace {

std::vector<OddDataset> split(const std::string& name, std::int64_t n, bool classes, bool pictures,
                              std::uint64_t seed) {
  constexpr std::int64_t H = 6, W = 5;
  Random random(seed);
  OddDataset inputs{name + "/inputs", OddType::float32, {static_cast<std::uint64_t>(n), H, W}, {}};
  if (pictures) inputs.shape.push_back(1);
  OddDataset targets{name + "/targets",
                     classes ? OddType::uint8 : OddType::float32,
                     classes ? std::vector<std::uint64_t>{static_cast<std::uint64_t>(n)}
                             : std::vector<std::uint64_t>{static_cast<std::uint64_t>(n), H},
                     {}};
  for (std::int64_t i = 0; i < n; ++i) {
    const std::int64_t bright = random.below(W);
    for (std::int64_t row = 0; row < H; ++row) {
      double sum = 0;
      for (std::int64_t column = 0; column < W; ++column) {
        inputs.values.push_back(0.3 * random.normal() + (column == bright ? 1 : 0));
        sum += inputs.values.back();
      }
      if (!classes) targets.values.push_back(sum);
    }
    if (classes) targets.values.push_back(static_cast<double>(bright));
  }
  return {inputs, targets};
}

}  // namespace

ExampleFile::ExampleFile(bool classes, bool pictures) {
  std::vector<OddDataset> all = split("train", 96, classes, pictures, 1);
  for (auto& one : split("val", 40, classes, pictures, 2)) all.push_back(std::move(one));
  write_odd_hdf5(path, all);
}

}  // namespace dlcore::test
