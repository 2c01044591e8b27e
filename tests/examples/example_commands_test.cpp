// dlcore_prepare digits, classes and idx as programs.
#include <filesystem>

#include "io/atomic_file.h"
#include "io/example_data.h"
#include "io/image_write.h"
#include "tests/catch.h"
#include "tests/temporary_directory.h"
#include "tests/tools/run_program.h"

using namespace dlcore;
using namespace dlcore::test;
namespace fs = std::filesystem;

namespace {

void check_has(const std::string& text, const std::string& part) {
  INFO(text);
  CHECK(text.find(part) != std::string::npos);
}

}  // namespace

TEST_CASE("prepare digits: the program says what it did") {
  const TemporaryDirectory folder;
  const std::string out = folder.file("digits.h5");
  const ProgramResult result =
      run_program("prepare", {"digits", "--out", out, "--count", "40", "--seed", "3", "--size", "16"});
  CHECK(result.code == 0);
  CHECK(result.err.empty());
  check_has(result.out, "digits.h5: 40 digits of 16 x 16 pixels in ten classes");
  const ExampleData data = ExampleData::open(out);
  CHECK(data.split("train").count() == 36);
  CHECK(data.input_shape() == Shape{16, 16, 1});
  CHECK(not_refused("prepare", run_program("prepare", {"digits", "--out", out, "--count", "1"}),
                    {"1 digits"}) == "");
  CHECK(folder.entries() == 1);
}

TEST_CASE("prepare classes: the program says what it did and names broken pictures") {
  const TemporaryDirectory folder;
  for (const std::string name : {"cat", "dog"})
    for (int i = 0; i < 5; ++i) {
      fs::create_directories(folder.file("pets/" + name));
      write_png(folder.file("pets/" + name + "/" + std::to_string(i) + ".png"),
                Image{9, 9, std::vector<std::uint8_t>(9 * 9 * 3, 7)});
    }
  write_file_atomically(folder.file("pets/dog/broken.jpg"), "nothing");
  const std::vector<std::string> arguments{
      "classes", folder.file("pets"), "--out", folder.file("pets.h5"), "--size", "8", "--val", "0.2"};
  const ProgramResult result = run_program("prepare", arguments);
  CHECK(result.code == 0);
  check_has(result.out, "left out: 1 pictures that cannot be read");
  check_has(result.out, "pets/dog/broken.jpg");
  check_has(result.out, "pets.h5: pictures of 8 x 8 x 3 bytes, 2 classes");
  CHECK(ExampleData::open(folder.file("pets.h5")).class_names() == std::vector<std::string>{"cat", "dog"});
  CHECK(not_refused("prepare",
                    run_program("prepare", {"classes", folder.file("none"), "--out", folder.file("none.h5")}),
                    {"none", "not there"}) == "");
}

TEST_CASE("prepare idx: the program refuses what is no IDX file") {
  const TemporaryDirectory folder;
  write_file_atomically(folder.file("images"), "nothing");
  write_file_atomically(folder.file("labels"), std::string("\0\0\x08\x01\0\0\0\2\1\0", 10));
  const auto run = [&](const std::string& images) {
    return run_program("prepare", {"idx", "--images", folder.file(images), "--labels", folder.file("labels"),
                                   "--out", folder.file("out.h5")});
  };
  CHECK(not_refused("prepare", run("images"), {"images is no IDX file"}) == "");
  write_file_atomically(folder.file("images"), std::string("\0\0\x08\x03\0\0\0\2\0\0\0\1\0\0\0\1\1\2", 18));
  const ProgramResult result = run("images");
  CHECK(result.code == 0);
  check_has(result.out, "out.h5: pictures of 1 x 1 x 1 bytes, 2 classes, 2 for train");
}
