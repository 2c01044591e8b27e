#include "io/image_resize.h"

#include <charconv>

#include "io/safetensors.h"
#include "tests/catch.h"
#include "tests/error_message.h"
#include "tests/io/image_files.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

// As make_image_dump.py makes them.
Image original(const std::string& name, std::int64_t height, std::int64_t width) {
  Image image{height, width, {}};
  for (std::uint32_t i = 0; i < static_cast<std::uint32_t>(3 * height * width); ++i) {
    const auto columns = static_cast<std::uint32_t>(width);
    const std::uint32_t y = i / (3 * columns), x = i / 3 % columns, c = i % 3;
    image.pixels.push_back(
        static_cast<std::uint8_t>(name == "smooth" ? x * 5 + y * 7 * c + 40 * c : i * 2654435761u >> 24));
  }
  return image;
}

std::pair<std::int64_t, std::int64_t> size_of_original(const std::string& name) {
  if (name == "noise") return {37, 29};
  if (name == "smooth") return {20, 33};
  if (name == "thin") return {1, 200};
  return {480, 640};
}

Image as_image(const Tensor& pixels) {
  const std::vector<std::int32_t> values = pixels.to_vector<std::int32_t>();
  return {pixels.size(0), pixels.size(1), {values.begin(), values.end()}};
}

// "crop.37x29.16" gives 37, 29, 16.
std::vector<std::int64_t> numbers_in(const std::string& name) {
  std::vector<std::int64_t> numbers;
  const char* at = name.data();
  const char* const end = at + name.size();
  while (at < end) {
    std::int64_t number = 0;
    const auto [next, code] = std::from_chars(at, end, number);
    if (code == std::errc()) numbers.push_back(number);
    at = code == std::errc() ? next : at + 1;
  }
  return numbers;
}

const std::string dump_path = std::string(DLCORE_TEST_GOLDEN) + "/resize.safetensors";

}  // namespace

TEST_CASE("image: resized as Pillow and torchvision do") {
  const SafetensorsReader dump(dump_path);
  int cases = 0;
  for (const std::string& name : dump.names()) {
    if (name.starts_with("crop")) continue;
    INFO(name);
    const std::string kind = name.substr(0, name.find('.'));
    const auto [height, width] = size_of_original(kind);
    const Image expected = as_image(dump.read(name));
    CHECK(largest_difference(resize_image(original(kind, height, width), expected.height, expected.width),
                             expected) <= 1);
    ++cases;
  }
  CHECK(cases == 22);
}

TEST_CASE("image: cropped to a square as torchvision does") {
  const SafetensorsReader dump(dump_path);
  int cases = 0;
  for (const std::string& name : dump.names()) {
    if (!name.starts_with("crop")) continue;
    INFO(name);
    const std::vector<std::int64_t> numbers = numbers_in(name);
    const Image image = original("noise", numbers.at(0), numbers.at(1));
    const Image square = make_square(image, numbers.at(2), ImageFit::crop);
    CHECK(largest_difference(square, as_image(dump.read(name))) <= 1);
    ++cases;
  }
  CHECK(cases == 3);
}

TEST_CASE("image: squares of every shape of picture") {
  for (const auto& [height, width] : {std::pair{1, 1}, {1, 31}, {33, 1}, {257, 31}, {64, 64}, {2, 2000}})
    for (const std::int64_t size : {1, 2, 31, 64}) {
      const Image image = original("smooth", height, width);
      for (const ImageFit fit : {ImageFit::crop, ImageFit::squash}) {
        const Image square = make_square(image, size, fit);
        CHECK(square.height == size);
        CHECK(square.width == size);
        CHECK(square.pixels.size() == static_cast<std::size_t>(3 * size * size));
      }
      CHECK(largest_difference(make_square(image, size, ImageFit::squash), resize_image(image, size, size)) ==
            0);
    }
  const Image image = original("noise", 37, 29);
  CHECK(largest_difference(resize_image(image, 37, 29), image) == 0);
  // One colour stays that colour, however it is resized.
  for (const int value : {0, 1, 127, 254, 255}) {
    const Image plain{9, 1000, std::vector<std::uint8_t>(27000, static_cast<std::uint8_t>(value))};
    const Image small = resize_image(plain, 5, 7);
    CHECK(small.pixels == std::vector<std::uint8_t>(105, static_cast<std::uint8_t>(value)));
  }
}

TEST_CASE("image: sizes that cannot be") {
  const Image image = original("noise", 3, 4);
  const auto error = [&](std::int64_t height, std::int64_t width) {
    return error_of([&] { resize_image(image, height, width); });
  };
  CHECK(lacks(error(0, 5), {"cannot be resized to 5 x 0 pixels"}) == "");
  CHECK(lacks(error(5, -1), {"-1 x 5"}) == "");
  CHECK(lacks(error(std::int64_t{1} << 40, std::int64_t{1} << 40), {"1099511627776"}) == "");
  CHECK(lacks(error_of([&] { make_square(image, 0, ImageFit::crop); }), {"0 x 0"}) == "");
  CHECK(lacks(error_of([&] { make_square(image, -3, ImageFit::squash); }), {"-3 x -3"}) == "");
  CHECK(lacks(error_of([&] { make_square({}, 5, ImageFit::crop); }), {"a picture of 0 x 0 pixels"}) == "");
  CHECK(lacks(error_of([&] {
                resize_image({2, 2, {1}}, 5, 5);
              }),
              {"2 x 2 pixels has 1 bytes, not 12"}) == "");
}

TEST_CASE("the ways to make a picture square, by name") {
  for (const ImageFit fit : {ImageFit::crop, ImageFit::squash})
    CHECK(image_fit_from_name(name_of(fit)) == fit);
  CHECK(lacks(error_of([] { image_fit_from_name("stretch"); }), {"'stretch'", "crop or squash"}) == "");
}
