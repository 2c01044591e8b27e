// dlcore_predict of pictures: what it says of a picture's file is what it says of the same pixels as data.
#include <filesystem>

#include "io/atomic_file.h"
#include "io/image_write.h"
#include "io/text_lines.h"
#include "tests/catch.h"
#include "tests/io/odd_hdf5.h"
#include "tests/temporary_directory.h"
#include "tests/tools/run_program.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

constexpr int count = 12, classes = 3;

// Examples of (height, width, channels) bytes, whose class is that of their brightest third, and the same
// pictures as files. channels 0: (height, width).
struct Pictures {
  Pictures(int height, int width, int channels, OddType type = OddType::uint8) {
    const int planes = channels == 0 ? 1 : channels;
    std::vector<double> values, labels;
    for (int n = 0; n < count; ++n) {
      Image image{height, width, {}};
      labels.push_back(n % classes);
      for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x)
          for (int c = 0; c < 3; ++c) {
            const int bright = x * classes / width == n % classes ? 160 : 20;
            const auto value =
                static_cast<std::uint8_t>(bright + (7 * n + 3 * y + 5 * x) % 60 + (planes == 3 ? 11 * c : 0));
            image.pixels.push_back(value);
            if (c < planes) values.push_back(value);
          }
      files.push_back(folder.file(n == 0 ? "a, \"b\".png" : "p" + std::to_string(n) + ".png"));
      write_png(files.back(), image);
    }
    std::vector<std::uint64_t> shape{count, static_cast<std::uint64_t>(height),
                                     static_cast<std::uint64_t>(width)};
    if (channels > 0) shape.push_back(static_cast<std::uint64_t>(channels));
    std::vector<OddDataset> datasets;
    for (const std::string split : {"train", "val"}) {
      datasets.push_back({split + "/inputs", type, shape, values});
      datasets.push_back({split + "/targets", OddType::int32, {count}, labels});
    }
    write_odd_hdf5(data, datasets);
    write_file_atomically(folder.file("net.yaml"),
                          "data: {file: " + data + "}\ntrain: {epochs: 3, batch: 4}\n" +
                              "graph:\n  - {layer: Flatten}\n  - {layer: Linear, out: 3}\n"
                              "  - {layer: SoftmaxLoss}\n");
    const ProgramResult trained =
        run_program("train", {folder.file("net.yaml"), "--device", "cpu", "--out", folder.file("run")});
    INFO(trained.err);
    REQUIRE(trained.code == 0);
  }

  ProgramResult predict(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {model, "--device", "cpu"});
    return run_program("predict", arguments);
  }

  TemporaryDirectory folder;
  std::vector<std::string> files;
  std::string data = folder.file("data.h5"), model = folder.file("run/model.safetensors");
};

// The scores in a table's row.
std::string scores_of(const std::string& line) {
  std::size_t at = line.size();
  for (int i = 0; i < classes + 1; ++i) at = line.rfind(',', at - 1);
  return line.substr(at);
}

}  // namespace

TEST_CASE("predict: a picture's file and the same pixels as data") {
  const int channels = GENERATE(0, 1, 3);
  CAPTURE(channels);
  const Pictures pictures(6, 6, channels);
  const std::string of_data = pictures.folder.file("data.csv"), of_files = pictures.folder.file("files.csv");
  REQUIRE(pictures.predict({"--data", pictures.data, "--out", of_data}).code == 0);
  std::vector<std::string> arguments = pictures.files;
  arguments.insert(arguments.end(), {"--out", of_files, "--batch", "5", "--top", "2"});
  const ProgramResult result = pictures.predict(arguments);
  INFO(result.err);
  REQUIRE(result.code == 0);
  const std::vector<std::string> data = read_lines(of_data), files = read_lines(of_files);
  REQUIRE(data.size() == count + 1);
  REQUIRE(files.size() == count + 1);
  CHECK(files[0] == "picture,predicted,score 0,score 1,score 2");
  for (int n = 1; n <= count; ++n)
    CHECK(scores_of(files[static_cast<std::size_t>(n)]) == scores_of(data[static_cast<std::size_t>(n)]));
  // Names with commas and quotes are one cell.
  CHECK(files[1].find("a, \"\"b\"\".png\",") != std::string::npos);
  CHECK(files[1].starts_with('"'));
  // A line for each: its two likeliest classes.
  for (const std::string& file : pictures.files)
    CHECK(result.out.find("\n" + file + "  ") != std::string::npos);
  CHECK(result.out.find("%  ") != std::string::npos);
}

TEST_CASE("predict: folders, a limit, and pictures of another size than the network's") {
  const Pictures pictures(6, 6, 3), larger(18, 12, 3);
  const ProgramResult some = pictures.predict({pictures.folder.path().string(), "--limit", "3"});
  CHECK(some.code == 0);
  CHECK(some.out.find("p1.png") != std::string::npos);
  CHECK(some.out.find("p4.png") == std::string::npos);
  const ProgramResult cropped = pictures.predict({larger.files[1]});
  const ProgramResult squashed = pictures.predict({larger.files[1], "--fit", "squash"});
  CHECK(cropped.code == 0);
  CHECK(squashed.code == 0);
  CHECK(cropped.out != squashed.out);
}

TEST_CASE("predict: what cannot be is one sentence, and no table is left") {
  const Pictures pictures(6, 6, 3), wide(6, 9, 1), numbers(6, 6, 1, OddType::float32);
  const auto refused = [](const Pictures& source, const std::vector<std::string>& arguments,
                          const std::vector<std::string>& parts) {
    return not_refused("predict", source.predict(arguments), parts);
  };
  const std::string table = pictures.folder.file("t.csv"), broken = pictures.folder.file("broken.png");
  write_file_atomically(broken, "no picture");
  CHECK(refused(pictures, {}, {"either pictures or --data", "neither"}) == "");
  CHECK(refused(pictures, {pictures.files[0], "--data", pictures.data}, {"either", "both"}) == "");
  CHECK(refused(pictures, {pictures.files[0], broken, "--out", table}, {"broken.png"}) == "");
  CHECK_FALSE(std::filesystem::exists(table));
  CHECK(refused(pictures, {"none.png"}, {"none.png", "no such photo"}) == "");
  CHECK(refused(numbers, {numbers.files[0]}, {numbers.model, "no pictures", "numbers", "[6, 6, 1]"}) == "");
  CHECK(refused(wide, {wide.files[0]}, {wide.model, "6 x 9", "--fit squash"}) == "");
  CHECK(wide.predict({wide.files[0], "--fit", "squash"}).code == 0);
}
