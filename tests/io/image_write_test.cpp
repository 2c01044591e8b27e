#include "io/image_write.h"

#include "core/random.h"
#include "io/atomic_file.h"
#include "tests/catch.h"
#include "tests/error_message.h"
#include "tests/io/image_files.h"
#include "tests/temporary_directory.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

Image noise(std::int64_t height, std::int64_t width) {
  Random random(5);
  Image image{height, width, {}};
  for (std::int64_t i = 0; i < 3 * height * width; ++i)
    image.pixels.push_back(static_cast<std::uint8_t>(random.below(256)));
  return image;
}

Image smooth(std::int64_t height, std::int64_t width) {
  Image image{height, width, {}};
  for (std::int64_t row = 0; row < height; ++row)
    for (std::int64_t column = 0; column < width; ++column)
      for (const std::int64_t value : {row * 2, column * 2, 200 - row - column})
        image.pixels.push_back(static_cast<std::uint8_t>(value));
  return image;
}

}  // namespace

TEST_CASE("image: written as PNG and read again, nothing is lost") {
  const TemporaryDirectory folder;
  const std::string path = folder.file("a.png");
  for (const auto& [height, width] : {std::pair{1, 1}, {31, 33}, {1, 257}, {300, 2}}) {
    const Image image = noise(height, width);
    write_png(path, image);
    CHECK(largest_difference(read_image(path), image) == 0);
  }
  CHECK(folder.entries() == 1);
}

TEST_CASE("image: written as JPEG and read again, little is lost") {
  const TemporaryDirectory folder;
  const std::string path = folder.file("a.jpg");
  const Image image = smooth(61, 47);
  write_jpeg(path, image);
  CHECK(largest_difference(read_image(path), image) <= 8);
  const std::size_t bytes = read_file(path).size();
  write_jpeg(path, image, 30);
  CHECK(largest_difference(read_image(path), image) <= 60);
  CHECK(read_file(path).size() < bytes);
  write_jpeg(path, noise(1, 1));
  CHECK(read_image(path).pixels.size() == 3);

  // At a high quality colours do not spread beyond their pixels.
  Image stripes{16, 16, {}};
  for (int i = 0; i < 256; ++i)
    for (const int value : {i % 2 ? 255 : 0, 0, i % 2 ? 0 : 255})
      stripes.pixels.push_back(static_cast<std::uint8_t>(value));
  write_jpeg(path, stripes, 95);
  CHECK(largest_difference(read_image(path), stripes) < 30);
}

TEST_CASE("image: what cannot be written is said, and nothing is left") {
  const TemporaryDirectory folder;
  const Image good = noise(2, 2);
  const auto png = [](const std::string& path, const Image& image) {
    return error_of([&] { write_png(path, image); });
  };
  const auto jpeg = [](const std::string& path, const Image& image, int quality = 92) {
    return error_of([&] { write_jpeg(path, image, quality); });
  };
  for (const std::string& path : {folder.file("none/a"), folder.path().string()}) {
    CHECK(lacks(png(path, good), {"cannot write " + path}) == "");
    CHECK(lacks(jpeg(path, good), {"cannot write " + path}) == "");
  }
  const std::string path = folder.file("a");
  CHECK(lacks(png(path, {}), {path, "0 x 0"}) == "");
  CHECK(lacks(jpeg(path, {}), {path, "0 x 0"}) == "");
  CHECK(lacks(png(path, {2, 3, {1, 2}}), {path, "3 x 2 pixels has 2 bytes, not 18"}) == "");
  CHECK(lacks(jpeg(path, {2, 3, {1, 2}}), {path, "3 x 2 pixels has 2 bytes, not 18"}) == "");
  CHECK(lacks(jpeg(path, noise(1, 65501)), {path, "65501 x 1"}) == "");
  for (const int quality : {0, 101, -5})
    CHECK(lacks(jpeg(path, good, quality), {path, std::to_string(quality), "1 to 100"}) == "");
  CHECK(folder.entries() == 0);
}
