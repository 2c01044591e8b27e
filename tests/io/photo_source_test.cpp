// The photos behind a data set's images.
#include "io/photo_source.h"

#include <filesystem>

#include "io/atomic_file.h"
#include "io/data_file.h"
#include "io/image_write.h"
#include "tests/catch.h"
#include "tests/error_message.h"
#include "tests/temporary_directory.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

constexpr std::int64_t side = 4;

Image plain(std::uint8_t value) {
  return {2, 3, std::vector<std::uint8_t>(18, value)};
}

struct Data {
  TemporaryDirectory folder;
  std::string path = folder.file("data.h5");
  std::string photos = folder.file("photos");

  Data() { std::filesystem::create_directories(photos + "/sub"); }

  /// One image of each name; features of a shape; the stored picture i has pixels of value i.
  ImageSet write(const std::vector<std::string>& names, const Shape& shape, bool stored,
                 const std::string& description = "{}") const {
    DataFileWriter writer(path, Vocabulary({"<NULL>", "<START>", "<END>", "a"}),
                          {.feature_shape = shape,
                           .element = Hdf5Element::float32,
                           .caption_length = 3,
                           .features_description = description,
                           .creator = "test",
                           .image_size = stored ? side : 0});
    std::int64_t id = 70;
    for (const auto& name : names) {
      const auto i = static_cast<std::uint8_t>(id - 70);
      std::vector<float> features(static_cast<std::size_t>(shape.numel()), 0.0f);
      features.back() = 1.5f;
      features[0] = 0.5f;
      writer.add_image("val", features, id++, name,
                       stored ? std::vector<std::uint8_t>(3 * side * side, i) : std::vector<std::uint8_t>{});
      writer.add_caption("val", i, std::vector<std::int32_t>{1, 3, 2});
    }
    writer.finish();
    return open_image_set(path, "val");
  }
};

}  // namespace

TEST_CASE("photo source: files by name, by the end of a URL, by their whole path") {
  const Data data;
  write_png(data.photos + "/a.png", plain(10));
  write_png(data.photos + "/sub/b.png", plain(20));
  write_png(data.folder.file("outside.png"), plain(30));
  const std::string outside = data.folder.file("outside.png");
  const ImageSet images = data.write({"a.png", "sub/b.png", "http://host/x/a.png?size=3", "else/a.png",
                                      "file://" + outside, outside, "../outside.png", "none.png", "..", ""},
                                     {5}, false);
  const PhotoSource photo(images, data.photos);
  const auto value = [&](std::int64_t row) {
    const auto image = photo(row);
    return image ? image->pixels[0] : -1;
  };
  const int expected[] = {10, 20, 10, 10, 30, 30, -1, -1, -1, -1};
  for (std::int64_t row = 0; row < 10; ++row) {
    INFO(images.file_names[static_cast<std::size_t>(row)]);
    CHECK(value(row) == expected[row]);
  }
  CHECK(photo.name(1) == "sub/b.png");
  const PhotoSource without(images, "");
  CHECK_FALSE(without(0).has_value());
  CHECK(without(5).has_value());
  CHECK(lacks(error_of([&] { PhotoSource(images, data.folder.file("nowhere")); }),
              {"the folder of photos", data.folder.file("nowhere"), "not there"}) == "");
}

TEST_CASE("photo source: the data file's own pictures, where there is no better file") {
  const Data data;
  write_png(data.photos + "/a.png", plain(100));
  write_file_atomically(data.photos + "/broken.png", "no picture");
  const ImageSet images = data.write({"a.png", "broken.png", "none.png"}, {5}, true);
  const PhotoSource photo(images, data.photos);
  CHECK(photo(0)->pixels == plain(100).pixels);
  for (const std::int64_t row : {1, 2}) {
    const auto image = photo(row);
    REQUIRE(image.has_value());
    CHECK(image->height == side);
    CHECK(image->width == side);
    CHECK(image->pixels == std::vector<std::uint8_t>(3 * side * side, static_cast<std::uint8_t>(row)));
  }
}

TEST_CASE("photo source: features that are pixels") {
  const Data data;
  const std::string pixels = R"({"kind": "pixels", "range": [0, 1]})";
  const ImageSet images = data.write({"x"}, {3, 2, 2}, false, pixels);
  const auto image = PhotoSource(images, "")(0);
  REQUIRE(image.has_value());
  CHECK(image->height == 2);
  CHECK(image->width == 2);
  // (3, 2, 2) becomes (2, 2, 3); 0.5 is 128 and what is above 1 is 255.
  CHECK(image->pixels == std::vector<std::uint8_t>{128, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255});
  const Data others;
  const ImageSet features = others.write({"x"}, {3, 2, 2}, false, R"({"kind": "encoder"})");
  CHECK_FALSE(PhotoSource(features, "")(0).has_value());
}

TEST_CASE("photo source: images without names are called by their ids") {
  const Data data;
  ImageSet images = data.write({"x", "y"}, {5}, false);
  images.file_names.clear();
  const PhotoSource photo(images, "");
  CHECK(photo.name(1) == "image 71");
  CHECK_FALSE(photo(1).has_value());
}
