// Batches of examples, epoch after epoch.
#include "models/example_loader.h"

#include <algorithm>
#include <cmath>

#include "tests/devices.h"
#include "tests/io/odd_hdf5.h"
#include "tests/temporary_directory.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

using Rows = std::vector<std::int64_t>;

constexpr std::int64_t examples = 48;

// Input r is r, r + 1/8, ...; its class is r % 7, its numbers are r and -r.
struct Opened {
  explicit Opened(bool classes = true, double spoilt = 0) {
    OddDataset inputs{"train/inputs", OddType::float32, {examples, 2, 3}, {}};
    OddDataset targets{"train/targets", OddType::int64, {examples}, {}};
    if (!classes) targets = {"train/targets", OddType::float32, {examples, 2}, {}};
    for (std::int64_t row = 0; row < examples; ++row) {
      const auto number = static_cast<double>(row);
      for (int k = 0; k < 6; ++k) inputs.values.push_back(number + k / 8.0);
      if (classes)
        targets.values.push_back(static_cast<double>(row % 7));
      else
        targets.values.insert(targets.values.end(), {number, -number});
    }
    inputs.values[20 * 6 + 3] += spoilt;
    write_odd_hdf5(folder.file("examples.h5"), {inputs, targets});
    data.emplace(ExampleData::open(folder.file("examples.h5"), {"train"}));
  }
  const ExampleSplit& split() const { return data->split("train"); }

  TemporaryDirectory folder;
  std::optional<ExampleData> data;
};

// The examples of what is left of an epoch, in order.
Rows rest_of_epoch(ExampleLoader& loader, std::vector<std::int64_t>* sizes = nullptr) {
  Rows rows;
  while (const ExampleBatch* batch = loader.next()) {
    rows.insert(rows.end(), batch->rows.begin(), batch->rows.end());
    if (sizes != nullptr) sizes->push_back(batch->count());
  }
  CHECK(loader.next() == nullptr);
  return rows;
}

Rows epoch_rows(ExampleLoader& loader, std::int64_t epoch, std::vector<std::int64_t>* sizes = nullptr) {
  loader.start(epoch);
  return rest_of_epoch(loader, sizes);
}

Rows sorted(Rows rows) {
  std::sort(rows.begin(), rows.end());
  return rows;
}

Rows first(std::int64_t n) {
  Rows rows;
  for (std::int64_t i = 0; i < n; ++i) rows.push_back(i);
  return rows;
}

}  // namespace

TEST_CASE("example loader: every example once in an epoch, the last batch smaller") {
  const Opened opened;
  for (const bool shuffle : {false, true})
    for (const std::int64_t batch : {1, 7, 47, 48, 100}) {
      ExampleLoader loader(opened.split(), {}, {.batch = batch, .shuffle = shuffle, .seed = 3});
      std::vector<std::int64_t> sizes;
      const Rows rows = epoch_rows(loader, 1, &sizes);
      CHECK(sorted(rows) == first(examples));
      CHECK((rows == first(examples)) == !shuffle);
      CHECK(static_cast<std::int64_t>(sizes.size()) == loader.batches());
      CHECK(loader.examples() == examples);
      CHECK(sizes.back() == (examples % batch == 0 ? std::min(batch, examples) : examples % batch));
    }
}

TEST_CASE("example loader: a batch is what its examples are") {
  for (const bool classes : {true, false}) {
    const Opened opened(classes);
    ExampleLoader loader(opened.split(), opened.data->target_shape(), {.batch = 11, .shuffle = true});
    loader.start(1);
    while (const ExampleBatch* batch = loader.next()) {
      const std::int64_t N = batch->count();
      CHECK(batch->inputs.shape() == Shape{N, 2, 3});
      CHECK(batch->inputs.dtype() == DType::float32);
      CHECK(batch->targets.shape() == (classes ? Shape{N} : Shape{N, 2}));
      CHECK(batch->targets.dtype() == (classes ? DType::int32 : DType::float32));
      const std::vector<double> inputs = numbers(batch->inputs), targets = numbers(batch->targets);
      for (std::size_t r = 0; r < batch->rows.size(); ++r) {
        const auto row = static_cast<double>(batch->rows[r]);
        for (std::size_t k = 0; k < 6; ++k) CHECK(inputs[r * 6 + k] == row + static_cast<double>(k) / 8);
        if (classes)
          CHECK(targets[r] == static_cast<double>(batch->rows[r] % 7));
        else
          CHECK((targets[2 * r] == row && targets[2 * r + 1] == -row));
      }
    }
  }
}

TEST_CASE("example loader: the order is a function of seed and epoch") {
  const Opened opened;
  const auto rows = [&](std::uint64_t seed, std::int64_t epoch, bool shuffle = true) {
    ExampleLoader loader(opened.split(), {}, {.batch = 10, .shuffle = shuffle, .seed = seed});
    return epoch_rows(loader, epoch);
  };
  CHECK(rows(1, 1) == rows(1, 1));
  CHECK(rows(1, 1) != rows(1, 2));
  CHECK(rows(1, 1) != rows(2, 1));
  CHECK(rows(1, 1, false) == rows(2, 5, false));
  ExampleLoader loader(opened.split(), {}, {.batch = 10, .shuffle = true, .seed = 1});
  epoch_rows(loader, 1);
  CHECK(epoch_rows(loader, 2) == rows(1, 2));
  CHECK(epoch_rows(loader, 1) == rows(1, 1));
}

TEST_CASE("example loader: an epoch that goes on where it was left is the same, bit for bit") {
  const Opened opened;
  const ExampleLoader::Options options{.batch = 5, .shuffle = true, .seed = 9, .read_ahead = 2};
  for (std::int64_t done = 0; done <= 10; ++done) {
    ExampleLoader whole(opened.split(), {}, options), rest(opened.split(), {}, options);
    whole.start(3);
    for (std::int64_t i = 0; i < done; ++i) REQUIRE(whole.next() != nullptr);
    rest.start(3, done);
    while (const ExampleBatch* want = whole.next()) {
      const ExampleBatch* got = rest.next();
      REQUIRE(got != nullptr);
      CHECK(got->rows == want->rows);
      CHECK(same_bits(got->inputs, want->inputs));
      CHECK(same_bits(got->targets, want->targets));
    }
    CHECK(rest.next() == nullptr);
  }
}

TEST_CASE("example loader: drop_last and limit") {
  const Opened opened;
  std::vector<std::int64_t> sizes;
  ExampleLoader dropping(opened.split(), {}, {.batch = 7, .shuffle = true, .drop_last = true});
  CHECK(epoch_rows(dropping, 1, &sizes).size() == 42);
  CHECK(sizes == std::vector<std::int64_t>(6, 7));
  CHECK(dropping.examples() == 42);

  ExampleLoader limited(opened.split(), {}, {.batch = 7, .shuffle = true, .limit = 10});
  CHECK(sorted(epoch_rows(limited, 1)) == first(10));
  CHECK(limited.batches() == 2);
  ExampleLoader beyond(opened.split(), {}, {.batch = 7, .limit = 1000});
  CHECK(beyond.examples() == examples);
  CHECK(lacks(error_of([&] { ExampleLoader(opened.split(), {}, {.batch = 50, .drop_last = true}); }),
              {"48 examples", "no full batch of 50"}) == "");
  CHECK(lacks(error_of([&] { ExampleLoader(opened.split(), {}, {.batch = 0}); }), {"at least 1 example"}) ==
        "");
  CHECK(lacks(error_of([&] { ExampleLoader(opened.split(), {3}, {}); }),
              {"examples.h5", "48 classes and 0 numbers", "[3]"}) == "");
}

TEST_CASE("example loader: started anew in the middle of an epoch, or given up there") {
  const Opened opened;
  for (int taken = 0; taken < 6; ++taken) {
    ExampleLoader loader(opened.split(), {}, {.batch = 5, .shuffle = true, .seed = 1, .read_ahead = 2});
    loader.start(1);
    for (int i = 0; i < taken; ++i) REQUIRE(loader.next() != nullptr);
    CHECK(sorted(epoch_rows(loader, 2)) == first(examples));
    loader.start(3);
    for (int i = 0; i < taken; ++i) REQUIRE(loader.next() != nullptr);
  }  // destroyed while its thread waits for room or reads
  ExampleLoader never_started(opened.split(), {}, {});
  CHECK(never_started.next() == nullptr);
}

TEST_CASE("example loader: an error of the reading thread arrives in next(), after the batches before it") {
  const Opened opened(true, std::nan(""));
  ExampleLoader loader(opened.split(), {}, {.batch = 10});
  for (int epoch = 1; epoch <= 2; ++epoch) {
    loader.start(epoch);
    for (int i = 0; i < 2; ++i) REQUIRE(loader.next() != nullptr);
    for (int again = 0; again < 2; ++again)
      CHECK(lacks(error_of([&] { loader.next(); }), {"examples.h5", "train/inputs", "nan", "row 20"}) == "");
  }
}

TEST_CASE("example loader: batches are on the consumer's device, in the type asked for") {
  for (const bool classes : {true, false}) {
    const Opened opened(classes);
    const Shape shape = opened.data->target_shape();
    on_every_target([&](const Target& target) {
      ExampleLoader plain(opened.split(), shape, {.batch = 7, .shuffle = true, .seed = 2, .read_ahead = 2});
      ExampleLoader loader(opened.split(), shape,
                           {.batch = 7, .shuffle = true, .seed = 2, .read_ahead = 2, .type = target.type},
                           target.stream);
      for (const std::int64_t epoch : {1, 2}) {
        plain.start(epoch);
        loader.start(epoch);
        while (const ExampleBatch* want = plain.next()) {
          const ExampleBatch* got = loader.next();
          REQUIRE(got != nullptr);
          CHECK(got->inputs.device() == target.device());
          CHECK(same_bits(got->inputs, want->inputs.to(target.type)));
          const DType type = classes ? DType::int32 : arithmetic_of(target.type);
          CHECK(got->targets.dtype() == type);
          CHECK(got->targets.device() == target.device());
          CHECK(numbers(got->targets) == numbers(want->targets));
          CHECK(got->rows == want->rows);
        }
        CHECK(loader.next() == nullptr);
      }
    });
  }
}
