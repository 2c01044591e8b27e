#include "tools/digits/digit_file.h"

#include <set>

#include "io/atomic_file.h"
#include "io/example_data.h"
#include "tests/catch.h"
#include "tests/error_message.h"
#include "tests/temporary_directory.h"
#include "tools/digits/digit_painter.h"

using namespace dlcore;
using namespace dlcore::test;

TEST_CASE("digit file: written, read back, and equal options give equal files") {
  const TemporaryDirectory folder;
  const DigitFileOptions options{.out = folder.file("digits.h5"), .count = 253, .seed = 5, .side = 20};
  write_digits(options);
  CHECK(folder.entries() == 1);
  const ExampleData data = ExampleData::open(options.out);
  CHECK(data.input_shape() == Shape{20, 20, 1});
  CHECK(data.classes() == 10);
  CHECK(data.class_names().front() == "0");
  CHECK(data.class_names().back() == "9");
  const ExampleSplit &train = data.split("train"), &val = data.split("val");
  CHECK(train.count() == 228);
  CHECK(val.count() == 25);
  std::int64_t row[2] = {0, 0};
  for (std::int64_t i = 0; i < options.count; ++i) {
    const bool validation = i % 10 == 9;
    const ExampleSplit& split = validation ? val : train;
    const std::int64_t at = row[validation]++;
    std::vector<float> stored(400);
    split.inputs.read(std::vector<std::int64_t>{at}, stored.data());
    const Digit digit = paint_digit(5, i, 20);
    CHECK(split.labels[static_cast<std::size_t>(at)] == digit.digit);
    int wrong = 0;
    for (std::size_t k = 0; k < stored.size(); ++k)
      wrong += stored[k] != static_cast<float>(digit.pixels[k]) / 255.0f;
    CHECK(wrong == 0);
  }

  DigitFileOptions again = options;
  again.out = folder.file("again.h5");
  write_digits(again);
  CHECK(read_file(again.out) == read_file(options.out));
  again.seed = 6;
  write_digits(again);
  CHECK(read_file(again.out) != read_file(options.out));
}

TEST_CASE("digit file: the fewest, and options that cannot be") {
  const TemporaryDirectory folder;
  const std::string out = folder.file("digits.h5");
  write_digits({.out = out, .count = 2, .side = 8});
  CHECK(ExampleData::open(out).split("val").count() == 1);
  CHECK(lacks(error_of([&] { write_digits({.out = folder.file("one.h5"), .count = 1}); }),
              {"1 digits", "2"}) == "");
  CHECK(lacks(error_of([&] { write_digits({.out = folder.file("small.h5"), .side = 4}); }),
              {"4 pixels", "8 to 512"}) == "");
  CHECK(lacks(error_of([&] { write_digits({.out = folder.file("no/folder.h5"), .count = 2}); }),
              {"no/folder.h5"}) == "");
  CHECK(folder.entries() == 1);  // nothing half-written
}
