#include <thread>

#include "io/caption_data.h"
#include "io/data_file.h"
#include "tests/catch.h"
#include "tests/error_message.h"
#include "tests/stored_pictures.h"
#include "tests/temporary_directory.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

const Vocabulary vocabulary({"<NULL>", "<START>", "<END>", "<UNK>", "a", "dog"});

DataFileWriter::Options options(const Shape& features, std::int64_t size) {
  return {.feature_shape = features,
          .element = Hdf5Element::float32,
          .caption_length = 5,
          .creator = "test",
          .image_size = size,
          .images_description = R"({"fit": "crop"})"};
}

std::vector<std::uint8_t> pixels_of(int image, std::int64_t size) {
  std::vector<std::uint8_t> pixels(static_cast<std::size_t>(3 * size * size));
  for (std::size_t i = 0; i < pixels.size(); ++i)
    pixels[i] = static_cast<std::uint8_t>(i * 7 + static_cast<std::size_t>(image));
  return pixels;
}

void write(const std::string& path, const Shape& features, std::int64_t size, int images) {
  DataFileWriter writer(path, vocabulary, options(features, size));
  for (int i = 0; i < images; ++i) {
    const std::string split = i % 4 == 3 ? "test" : "train";
    const std::vector<float> row(features.rank() > 0 ? static_cast<std::size_t>(features.numel()) : 0, 0.5f);
    const std::vector<std::uint8_t> pixels = size > 0 ? pixels_of(i, size) : std::vector<std::uint8_t>{};
    writer.add_caption(split, writer.add_image(split, row, i, "x", pixels),
                       std::vector<std::int32_t>{1, 4, 2});
  }
  writer.finish();
}

}  // namespace

TEST_CASE("stored images: with features and without, read in any order") {
  const TemporaryDirectory folder;
  for (const Shape& features : {Shape{}, Shape{3}}) {
    for (const std::int64_t size : {1, 16, 300}) {
      const std::string path = folder.file("data.h5");
      write(path, features, size, 40);
      const ImageSet store = open_pictures(path, "train");
      CHECK(store.count() == 30);
      CHECK(store.features.row_shape() == Shape({size, size, 3}));
      CHECK(store.features_description == R"({"fit": "crop"})");
      CHECK(Hdf5File::open(path).dataset("train/images").chunk_rows() == 1);
      for (const int row : {29, 0, 7, 7})
        CHECK(picture_of(store, row) == pixels_of(row / 3 * 4 + row % 3, size));
      CHECK(picture_of(open_pictures(path, "test"), 9) == pixels_of(39, size));
      CHECK(lacks(error_of([&] { picture_of(store, 30); }), {"row 30", "train/images", "30 rows"}) == "");
      CHECK(lacks(error_of([&] { picture_of(store, -1); }), {"row -1"}) == "");
      if (features.rank() > 0)
        CHECK(CaptionData::open_file(path, {"train", "test"}).feature_shape() == features);
    }
  }
}

TEST_CASE("stored images: from several threads at once") {
  const TemporaryDirectory folder;
  const std::string path = folder.file("data.h5");
  write(path, Shape{}, 24, 40);
  const ImageSet store = open_pictures(path, "train");
  std::vector<std::thread> threads;
  std::vector<int> wrong(4);
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 300; ++i) {
        const int row = (i * 7 + t) % 30;
        wrong[static_cast<std::size_t>(t)] += picture_of(store, row) != pixels_of(row / 3 * 4 + row % 3, 24);
      }
    });
  for (auto& thread : threads) thread.join();
  CHECK(wrong == std::vector<int>(4));
}

TEST_CASE("stored images: files that have none, or others than pictures") {
  const TemporaryDirectory folder;
  const std::string path = folder.file("data.h5");
  const auto error = [&](const std::string& split) { return error_of([&] { open_pictures(path, split); }); };
  write(path, Shape{3}, 0, 4);
  CHECK(lacks(error("train"), {"data.h5", "no stored pictures", "train", "--store-images"}) == "");
  CHECK(lacks(error("val"), {"data.h5 has no split val"}) == "");
  const auto make = [&](Hdf5Element element, const Shape& shape, int rows) {
    Hdf5File file = Hdf5File::create(path);
    file.set_text_attribute("format", data_file_format);
    file.set_text_attribute("version", data_file_version);
    Hdf5Dataset dataset = file.create_dataset("train/images", element, shape, 1);
    const auto values = static_cast<std::size_t>(rows * shape.numel());
    if (element == Hdf5Element::uint8)
      dataset.append(std::vector<std::uint8_t>(values));
    else
      dataset.append(std::vector<std::int32_t>(values));
  };
  make(Hdf5Element::int32, Shape{2, 2, 3}, 1);
  CHECK(lacks(error("train"), {"train/images", "uint8", "int32"}) == "");
  make(Hdf5Element::uint8, Shape{2, 3, 3}, 1);
  CHECK(lacks(error("train"), {"train/images", "[n, S, S, 3]", "[1, 2, 3, 3]"}) == "");
  make(Hdf5Element::uint8, Shape{2, 2}, 1);
  CHECK(lacks(error("train"), {"[n, S, S, 3]"}) == "");
  make(Hdf5Element::uint8, Shape{2, 2, 3}, 0);
  CHECK(lacks(error("train"), {"empty"}) == "");
}

TEST_CASE("stored images: a file without features says so to those who want them") {
  const TemporaryDirectory folder;
  const std::string path = folder.file("data.h5");
  write(path, Shape{}, 8, 4);
  for (const std::string& error : {error_of([&] { CaptionData::open_file(path, {"train"}); }),
                                   error_of([&] { open_image_set(path, "train"); })})
    CHECK(lacks(error, {"data.h5", "stored pictures", "train", "no features", "--encoder"}) == "");
}

TEST_CASE("stored images: what the writer refuses") {
  const TemporaryDirectory folder;
  const std::string path = folder.file("data.h5");
  const auto make_error = [&](const Shape& features, std::int64_t size) {
    return error_of([&] { DataFileWriter(path, vocabulary, options(features, size)); });
  };
  CHECK(lacks(make_error(Shape{}, 0), {"data.h5", "features", "without features", "pictures"}) == "");
  CHECK(lacks(make_error(Shape{3}, -1), {"-1 pixels"}) == "");
  CHECK(lacks(make_error(Shape{3}, 5000), {"5000 pixels"}) == "");
  DataFileWriter writer(path, vocabulary, options(Shape{}, 2));
  const auto add = [&](const std::vector<float>& features, std::size_t bytes) {
    return error_of([&] { writer.add_image("train", features, 0, "", std::vector<std::uint8_t>(bytes)); });
  };
  CHECK(lacks(add({}, 11), {"image 0", "11 bytes", "2 x 2 x 3"}) == "");
  CHECK(lacks(add({1}, 12), {"image 0", "1 features"}) == "");
  CHECK(add({}, 12) == "no error");
}
