#include "tools/examples/prepare_classes.h"

#include <cmath>
#include <filesystem>

#include "io/atomic_file.h"
#include "io/example_data.h"
#include "io/image_write.h"
#include "tests/catch.h"
#include "tests/error_message.h"
#include "tests/temporary_directory.h"

using namespace dlcore;
using namespace dlcore::test;
namespace fs = std::filesystem;

namespace {

// A picture whose colour is its number, 40 x 30 pixels.
void write_picture(const TemporaryDirectory& folder, const std::string& name, std::uint8_t number) {
  fs::create_directories(fs::path(folder.file(name)).parent_path());
  const Image image{30, 40, std::vector<std::uint8_t>(std::size_t{30} * 40 * 3, number)};
  if (name.ends_with(".png"))
    write_png(folder.file(name), image);
  else
    write_jpeg(folder.file(name), image);
}

// The numbers of a split's pictures, which must be plain.
std::vector<int> numbers_of(const ExampleSplit& split) {
  std::vector<int> numbers;
  std::vector<float> pixels(static_cast<std::size_t>(split.inputs.row_size()));
  for (std::int64_t row = 0; row < split.count(); ++row) {
    split.inputs.read(std::vector<std::int64_t>{row}, pixels.data());
    for (const float value : pixels) REQUIRE(value == pixels[0]);
    numbers.push_back(static_cast<int>(std::lround(pixels[0] * 255)));
  }
  return numbers;
}

struct Folder {
  TemporaryDirectory folder;
  ClassesOptions options{.folder = folder.file("pictures"),
                         .out = folder.file("out.h5"),
                         .size = 16,
                         .threads = 2,
                         .quiet = true};
};

}  // namespace

TEST_CASE("prepare classes: train and val as they are, classes by name, of any number of threads") {
  Folder f;
  for (std::uint8_t i = 0; i < 20; ++i) {
    const std::string name = std::string(i % 2 ? "dog" : "cat") + "/" + std::to_string(100 + i);
    write_picture(f.folder, "pictures/train/" + name + (i < 10 ? ".png" : ".jpg"), i);
    if (i < 4) write_picture(f.folder, "pictures/val/" + name + ".jpg", static_cast<std::uint8_t>(100 + i));
  }
  const ExampleReport report = prepare_classes(f.options);
  CHECK(report.broken.empty());
  CHECK(report.notes.empty());
  CHECK(report.classes == 2);
  CHECK(lacks(describe(report, "o.h5").substr(0, describe(report, "o.h5").size() - 1),
              {"o.h5: pictures of 16 x 16 x 3 bytes, 2 classes, 20 for train, 4 for val"}) == "");
  const ExampleData data = ExampleData::open(f.options.out);
  CHECK(data.class_names() == std::vector<std::string>{"cat", "dog"});
  CHECK(data.input_shape() == Shape{16, 16, 3});
  CHECK(numbers_of(data.split("train")) ==
        std::vector<int>{0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19});
  CHECK(data.split("train").labels[9] == 0);
  CHECK(data.split("train").labels[10] == 1);
  CHECK(numbers_of(data.split("val")) == std::vector<int>{100, 102, 101, 103});

  ClassesOptions again = f.options;
  again.out = f.folder.file("again.h5");
  again.threads = 5;
  prepare_classes(again);
  CHECK(read_file(again.out) == read_file(f.options.out));
}

TEST_CASE("prepare classes: a share of each class for validation, the same for the same seed") {
  Folder f;
  for (std::uint8_t i = 0; i < 30; ++i)
    write_picture(f.folder,
                  "pictures/" + std::string(i % 3 ? "dog" : "cat") + "/" + std::to_string(i) + ".png", i);
  f.options.val_share = 0.2;
  const ExampleReport report = prepare_classes(f.options);
  REQUIRE(report.notes.size() == 1);
  CHECK(lacks(report.notes[0], {"share of 0.2"}) == "");
  const std::string first = read_file(f.options.out);
  {
    const ExampleData data = ExampleData::open(f.options.out);
    CHECK(data.split("train").count() == 24);
    CHECK(data.split("val").labels == std::vector<std::int32_t>{0, 0, 1, 1, 1, 1});
    std::vector<int> all = numbers_of(data.split("train"));
    for (const int number : numbers_of(data.split("val"))) {
      CHECK(std::find(all.begin(), all.end(), number) == all.end());
      all.push_back(number);
    }
    CHECK(all.size() == 30);
  }
  prepare_classes(f.options);
  CHECK(read_file(f.options.out) == first);
  f.options.seed = 2;
  prepare_classes(f.options);
  CHECK(read_file(f.options.out) != first);
}

TEST_CASE("prepare classes: broken pictures are left out and named, unless a class has no others") {
  Folder f;
  for (std::uint8_t i = 0; i < 4; ++i)
    write_picture(f.folder, "pictures/cat/" + std::to_string(i) + ".png", i);
  write_picture(f.folder, "pictures/dog/good.png", 50);
  write_file_atomically(f.folder.file("pictures/dog/bad.jpg"), "no picture at all");
  f.options.val_share = 0;
  const ExampleReport report = prepare_classes(f.options);
  REQUIRE(report.broken.size() == 1);
  CHECK(lacks(report.broken[0], {"pictures/dog/bad.jpg"}) == "");
  CHECK(describe(report, "o.h5").find("left out: 1 pictures that cannot be read\n  ") != std::string::npos);
  CHECK(ExampleData::open(f.options.out, {"train"}).split("train").labels ==
        std::vector<std::int32_t>{0, 0, 0, 0, 1});
  CHECK(read_file(f.options.out + ".dropped.txt") == report.broken[0] + "\n");

  fs::remove(f.folder.file("pictures/dog/good.png"));
  const std::string before = read_file(f.options.out);
  CHECK(lacks(error_of([&] { prepare_classes(f.options); }),
              {"no training picture of the class dog", "bad.jpg"}) == "");
  CHECK(read_file(f.options.out) == before);
  CHECK(f.folder.entries() == 3);  // nothing half-written
  fs::remove(f.folder.file("pictures/dog/bad.jpg"));
  write_picture(f.folder, "pictures/dog/good.png", 50);
  prepare_classes(f.options);
  CHECK(!fs::exists(f.options.out + ".dropped.txt"));
}

TEST_CASE("prepare classes: sizes that cannot be") {
  Folder f;
  f.options.size = 0;
  CHECK(lacks(error_of([&] { prepare_classes(f.options); }), {"0 pixels"}) == "");
}
