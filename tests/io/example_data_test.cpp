#include "io/example_data.h"

#include <cmath>
#include <functional>
#include <numeric>

#include "tests/catch.h"
#include "tests/error_message.h"
#include "tests/io/odd_hdf5.h"
#include "tests/temporary_directory.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

std::vector<double> counted(std::size_t n) {
  std::vector<double> values(n);
  std::iota(values.begin(), values.end(), 0.0);
  return values;
}

// Three examples to train on and two to validate on; a test changes one thing of them.
struct Examples {
  OddDataset train_inputs{"train/inputs", OddType::uint8, {3, 2, 2, 1}, counted(12)};
  OddDataset train_targets{"train/targets", OddType::int64, {3}, {2, 0, 1}};
  OddDataset val_inputs{"val/inputs", OddType::float32, {2, 2, 2, 1}, counted(8)};
  OddDataset val_targets{"val/targets", OddType::uint8, {2}, {0, 1}};
  std::vector<std::string> names{"zero", "one", "two", "three"};
  bool names_as_attribute = false;
  std::vector<std::string> splits{"train", "val"};
  TemporaryDirectory folder;

  ExampleData open() const {
    const std::string path = folder.file("examples.h5");
    write_odd_hdf5(path, {train_inputs, train_targets, val_inputs, val_targets});
    if (!names.empty()) add_texts(path, "classes", names, names_as_attribute);
    return ExampleData::open(path, splits);
  }
  // The same with vectors of two numbers as targets.
  void take_numbers() {
    train_targets = {"train/targets", OddType::float64, {3, 2}, {1, 2, 3, 4, 5, 6.5}};
    val_targets = {"val/targets", OddType::float32, {2, 2}, {-1, -2, -3, -4}};
    names = {};
  }
};

std::string error_with(const std::function<void(Examples&)>& spoil) {
  Examples examples;
  spoil(examples);
  return error_of([&] { examples.open(); });
}

std::vector<float> read(const ExampleSplit& split, const std::vector<std::int64_t>& rows) {
  std::vector<float> values(rows.size() * static_cast<std::size_t>(split.inputs.row_size()));
  split.inputs.read(rows, values.data());
  return values;
}

}  // namespace

TEST_CASE("examples: bytes are fractions of 255, numbers are themselves, and classes have names") {
  for (const bool as_attribute : {false, true}) {
    Examples examples;
    examples.names_as_attribute = as_attribute;
    const ExampleData data = examples.open();
    CHECK(data.has("train"));
    CHECK(!data.has("test"));
    CHECK(data.input_shape() == Shape{2, 2, 1});
    CHECK(data.has_classes());
    CHECK(data.classes() == 4);
    CHECK(data.class_names() == examples.names);
    CHECK(data.target_shape() == Shape());
    const ExampleSplit& train = data.split("train");
    CHECK(train.count() == 3);
    CHECK(train.labels == std::vector<std::int32_t>{2, 0, 1});
    CHECK(train.values.empty());
    CHECK(read(train, {2, 0}) == std::vector<float>{8 / 255.0f, 9 / 255.0f, 10 / 255.0f, 11 / 255.0f, 0,
                                                    1 / 255.0f, 2 / 255.0f, 3 / 255.0f});
    CHECK(read(data.split("val"), {1}) == std::vector<float>{4, 5, 6, 7});
    CHECK(lacks(error_of([&] { data.split("test"); }), {"split test", "not opened"}) == "");
  }
}

TEST_CASE("examples: every byte, and the largest is 1") {
  Examples examples;
  examples.train_inputs = {"train/inputs", OddType::uint8, {3, 256}, {}};
  for (int row = 0; row < 3; ++row)
    for (int value = 0; value < 256; ++value) examples.train_inputs.values.push_back(255 - value);
  examples.splits = {"train"};
  const ExampleData data = examples.open();
  const std::vector<float> values = read(data.split("train"), {1});
  for (std::size_t i = 0; i < 256; ++i) CHECK(values[i] == static_cast<float>(255 - i) / 255.0f);
}

TEST_CASE("examples: without names there are as many classes as the largest of the opened splits says") {
  Examples examples;
  examples.names = {};
  examples.val_targets.values = {0, 200};
  CHECK(examples.open().classes() == 201);
  CHECK(examples.open().class_names().empty());
  examples.splits = {"train"};
  CHECK(examples.open().classes() == 3);
}

TEST_CASE("examples: inputs of two to five dimensions and of every floating type") {
  const std::vector<std::vector<std::uint64_t>> shapes{{3, 5}, {3, 5, 2}, {3, 1, 5, 2}, {3, 1, 2, 1, 5}};
  for (const auto& shape : shapes)
    for (const OddType type : {OddType::float16, OddType::float32, OddType::float64}) {
      Examples examples;
      examples.splits = {"train"};
      std::size_t size = 1;
      for (const auto extent : shape) size *= extent;
      examples.train_inputs = {"train/inputs", type, shape,
                               type == OddType::float16 ? std::vector<double>(size, 0x3c00)  // 1
                                                        : std::vector<double>(size, 1)};
      const ExampleData data = examples.open();
      CHECK(data.input_shape().rank() == static_cast<int>(shape.size()) - 1);
      CHECK(read(data.split("train"), {1}) == std::vector<float>(size / 3, 1.0f));
    }
}

TEST_CASE("examples: targets that are numbers") {
  Examples examples;
  examples.take_numbers();
  {
    const ExampleData data = examples.open();
    CHECK(!data.has_classes());
    CHECK(data.classes() == 0);
    CHECK(data.target_shape() == Shape{2});
    CHECK(data.split("train").values == std::vector<float>{1, 2, 3, 4, 5, 6.5f});
    CHECK(data.split("train").labels.empty());
    CHECK(data.split("val").values == std::vector<float>{-1, -2, -3, -4});
  }  // closed: it is written anew

  examples.names = {"left", "right"};
  CHECK(examples.open().class_names() == examples.names);
  examples.train_targets.shape = {3, 2, 1};
  examples.val_targets.shape = {2, 2, 1};
  examples.names = {};
  CHECK(examples.open().target_shape() == Shape{2, 1});
  examples.splits = {"val"};
  examples.val_targets = {"val/targets", OddType::float64, {2}, {0.5, -0.25}};  // one number for each input
  CHECK(examples.open().target_shape() == Shape{1});
  CHECK(examples.open().split("val").values == std::vector<float>{0.5f, -0.25f});
}

TEST_CASE("examples: what is missing, empty or of another length") {
  CHECK(lacks(error_with([](Examples& e) { e.train_inputs.name = "train/pictures"; }),
              {"no dataset train/inputs", "examples.h5", "train/pictures"}) == "");
  CHECK(lacks(error_with([](Examples& e) { e.val_targets.name = "val/labels"; }),
              {"no dataset val/targets", "examples.h5"}) == "");
  CHECK(lacks(error_with([](Examples& e) { e.splits = {"test"}; }), {"test/targets", "examples.h5"}) == "");
  CHECK(lacks(error_with([](Examples& e) { e.splits = {"training"}; }), {"no split \"training\""}) == "");
  CHECK(lacks(error_with([](Examples& e) { e.splits = {}; }), {"no split", "examples.h5"}) == "");
  CHECK(lacks(error_with([](Examples& e) {
                e.train_targets.shape = {2};
                e.train_targets.values = {0, 1};
              }),
              {"train/inputs", "examples.h5", "3 inputs", "train/targets", "2 targets"}) == "");
  CHECK(lacks(error_with([](Examples& e) {
                e.val_inputs = {"val/inputs", OddType::float32, {0, 2, 2, 1}, {}};
                e.val_targets = {"val/targets", OddType::uint8, {0}, {}};
              }),
              {"val/inputs", "examples.h5", "empty"}) == "");
}

TEST_CASE("examples: wrong ranks, types and shapes") {
  CHECK(lacks(error_with([](Examples& e) {
                e.train_inputs = {"train/inputs", OddType::float32, {3}, {1, 2, 3}};
              }),
              {"train/inputs", "examples.h5", "two to five dimensions", "[3]"}) == "");
  CHECK(lacks(error_with([](Examples& e) { e.train_inputs.shape = {3, 2, 2, 1, 1, 1}; }),
              {"train/inputs", "two to five dimensions", "[3, 2, 2, 1, 1, 1]"}) == "");
  CHECK(lacks(error_with([](Examples& e) { e.train_inputs.type = OddType::int32; }),
              {"train/inputs", "floating numbers or uint8", "int32"}) == "");
  CHECK(lacks(error_with([](Examples& e) {
                e.val_inputs.shape = {2, 4};
              }),
              {"different shapes", "[2, 2, 1]", "train/inputs", "examples.h5", "[4]", "val/inputs"}) == "");
  CHECK(lacks(error_with([](Examples& e) {
                e.train_targets = {"train/targets", OddType::int32, {3, 2}, counted(6)};
              }),
              {"train/targets", "examples.h5", "[n]", "int32", "[3, 2]"}) == "");
  CHECK(lacks(error_with([](Examples& e) {
                e.take_numbers();
                e.train_targets.shape = {3, 0};
                e.train_targets.values = {};
                e.splits = {"train"};
              }),
              {"train/targets", "without elements", "[3, 0]"}) == "");
  CHECK(lacks(error_with([](Examples& e) {
                e.take_numbers();
                e.val_targets = {"val/targets", OddType::int32, {2}, {0, 1}};
              }),
              {"different kinds", "train/targets", "float64", "[3, 2]", "val/targets", "int32", "[2]"}) ==
        "");
  CHECK(lacks(error_with([](Examples& e) {
                e.take_numbers();
                e.val_targets = {"val/targets", OddType::float32, {2, 3}, counted(6)};
              }),
              {"different kinds", "val/targets", "[2, 3]"}) == "");
}

TEST_CASE("examples: classes and numbers that cannot be, with their place") {
  CHECK(lacks(error_with([](Examples& e) {
                e.train_targets.values = {0, -1, 2};
              }),
              {"train/targets", "examples.h5", "class -1 at row 1"}) == "");
  CHECK(lacks(error_with([](Examples& e) {
                e.val_targets.values = {3, 4};
              }),
              {"val/targets", "examples.h5", "class 4 at row 1", "names 4 classes"}) == "");
  CHECK(lacks(error_with([](Examples& e) {
                e.train_targets.values = {0, 1, 1e10};
              }),
              {"train/targets", "10000000000 at [2]"}) == "");
  for (const double bad : {double(NAN), double(INFINITY), 1e300})  // the last one is beyond float32
    CHECK(lacks(error_with([&](Examples& e) {
                  e.take_numbers();
                  e.train_targets.values[3] = bad;
                }),
                {"train/targets", "examples.h5", std::isnan(bad) ? "nan" : "inf", "row 1, column 1"}) == "");
  CHECK(lacks(error_with([](Examples& e) {
                e.take_numbers();
                e.names = {"one", "two", "three"};
              }),
              {"examples.h5", "names 3 classes", "[2]"}) == "");

  Examples examples;
  examples.val_inputs.values[5] = NAN;  // inputs are looked at when they are read
  const ExampleData data = examples.open();
  read(data.split("val"), {0});
  CHECK(lacks(error_of([&] {
                read(data.split("val"), {0, 1});
              }),
              {"val/inputs", "examples.h5", "nan", "row 1, column 1", "inputs must be finite"}) == "");
}

TEST_CASE("examples: without the option a reader of features takes neither bytes nor other ranks") {
  const TemporaryDirectory folder;
  write_odd_hdf5(folder.file("f.h5"), {{"bytes", OddType::uint8, {2, 3}, counted(6)},
                                       {"three", OddType::float32, {1, 2, 3}, counted(6)}});
  CHECK(lacks(error_of([&] { FeatureReader(folder.file("f.h5"), "bytes"); }), {"floating", "uint8"}) == "");
  CHECK(lacks(error_of([&] { FeatureReader(folder.file("f.h5"), "three"); }), {"[n, D]"}) == "");
  CHECK(FeatureReader(folder.file("f.h5"), "bytes", {.inputs = true}).stored_type() == "uint8");
}
