#include "io/image.h"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "io/atomic_file.h"
#include "io/safetensors.h"
#include "tests/catch.h"
#include "tests/error_message.h"
#include "tests/io/image_files.h"
#include "tests/temporary_directory.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

Image golden_pixels(const SafetensorsReader& dump, const std::string& name) {
  const Tensor pixels = dump.read(name);
  const std::vector<std::int32_t> values = pixels.to_vector<std::int32_t>();
  return {pixels.size(0), pixels.size(1), {values.begin(), values.end()}};
}

}  // namespace

TEST_CASE("image: JPEG and PNG of every kind") {
  const SafetensorsReader dump(std::string(DLCORE_TEST_GOLDEN) + "/images.safetensors");
  const std::vector<std::string> names = golden_image_names();
  CHECK(names.size() == 47);
  for (std::string name : names) {
    INFO(name);
    const Image image = decode(golden_image(name));
    const std::size_t interlaced = name.find("_interlaced");
    if (interlaced != std::string::npos) name.erase(interlaced, std::string("_interlaced").size());
    // Other versions of libjpeg may round otherwise.
    CHECK(largest_difference(image, golden_pixels(dump, name)) <= (name.ends_with("jpg") ? 2 : 0));
  }
}

TEST_CASE("image: a file is known by its contents, and all that is read is its picture") {
  const TemporaryDirectory folder;
  const std::string path = folder.file("photo.gif");
  write_file_atomically(path, golden_image("baseline.jpg") + "trailing bytes, as cameras write them");
  CHECK(largest_difference(read_image(path), decode(golden_image("baseline.jpg"))) == 0);
  const std::string other =
      with_segment(golden_image("progressive.jpg"), 0xe1, "http://ns.adobe.com/xap/1.0/");
  CHECK(largest_difference(decode(other), decode(golden_image("progressive.jpg"))) == 0);
}

TEST_CASE("image: what is no JPEG and no PNG is named") {
  const TemporaryDirectory folder;
  const std::string path = folder.file("photo.jpg");
  const auto error = [&](const std::string& contents) {
    write_file_atomically(path, contents);
    return error_of([&] { read_image(path); });
  };
  const auto of_kind = [&](const std::string& contents, const std::string& kind) {
    CHECK(lacks(error(contents), {"photo.jpg is " + kind, "only JPEG and PNG"}) == "");
  };
  of_kind("GIF89a......", "a GIF picture");
  of_kind(std::string("RIFF\1\0\0\0WEBPVP8 ", 16), "a WebP picture");
  of_kind(std::string("\0\0\0\x18"
                      "ftypheic....",
                      16),
          "an HEIC picture");
  of_kind(std::string("\0\0\0\x18"
                      "ftypavif....",
                      16),
          "an AVIF picture");
  of_kind(std::string("BM\1\2\0\0....", 10), "a BMP picture");
  of_kind(std::string("II*\0....", 8), "a TIFF picture");
  of_kind(std::string("MM\0*....", 8), "a TIFF picture");
  of_kind("%PDF-1.4", "a PDF document");
  of_kind("<!DOCTYPE html>", "a web page");
  CHECK(lacks(error(""), {"photo.jpg is empty"}) == "");
  for (const std::string text : {"P", "\xff\xd8", "\x89PNG", "photo.jpg", "RIFF", "RIFF....WAVE"})
    CHECK(lacks(error(text), {"photo.jpg is neither a JPEG nor a PNG file"}) == "");

  CHECK(lacks(error_of([&] { read_image(folder.path().string()); }), {"is a directory"}) == "");
  CHECK(lacks(error_of([&] { read_image(folder.file("none.jpg")); }), {"none.jpg", "No such file"}) == "");
  CHECK(lacks(error_of([&] { read_image("/dev/zero"); }), {"/dev/zero", "not a regular file"}) == "");
}

TEST_CASE("image: real photos") {
  const std::string root = std::string(DLCORE_TEST_DATA) + "/coco/";
  if (!std::filesystem::exists(root)) DLCORE_SKIP("there is no " + root);
  const auto sample = nlohmann::json::parse(read_file(root + "captions_sample.json"));
  int gray = 0;
  for (const auto& entry : sample.at("images")) {
    const Image image = read_image(root + "images/" + entry.at("file_name").get<std::string>());
    CHECK(image.height == entry.at("height").get<std::int64_t>());
    CHECK(image.width == entry.at("width").get<std::int64_t>());
    CHECK(image.pixels.size() == static_cast<std::size_t>(3 * image.height * image.width));
    const auto [low, high] = std::minmax_element(image.pixels.begin(), image.pixels.end());
    CHECK(*high - *low > 100);
    bool same = true;
    for (std::size_t i = 0; i < image.pixels.size(); i += 3)
      same &= image.pixels[i] == image.pixels[i + 1] && image.pixels[i] == image.pixels[i + 2];
    gray += same;
  }
  CHECK(sample.at("images").size() == 55);
  CHECK(gray < 5);
}
