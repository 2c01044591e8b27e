#include "io/data_file.h"

#include <cmath>
#include <fstream>

#include "core/random.h"
#include "io/atomic_file.h"
#include "io/caption_data.h"
#include "tests/catch.h"
#include "tests/error_message.h"
#include "tests/temporary_directory.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

const Vocabulary vocabulary({"<NULL>", "<START>", "<END>", "<UNK>", "a", "dog"});

DataFileWriter::Options options(const Shape& shape, Hdf5Element element = Hdf5Element::float32) {
  return {.feature_shape = shape,
          .element = element,
          .caption_length = 5,
          .features_description = R"({"kind": "test"})",
          .creator = "test"};
}

using Tokens = std::vector<std::int32_t>;

}  // namespace

TEST_CASE("data file: written row by row, read as caption data and as images") {
  const TemporaryDirectory folder;
  const std::string path = folder.file("data.h5");
  for (const Hdf5Element element : {Hdf5Element::float16, Hdf5Element::float32}) {
    for (const Shape& shape : {Shape{6}, Shape{3, 1, 2}, Shape{30000}}) {
      const auto size = static_cast<std::size_t>(shape.numel());
      const int images = size > 1000 ? 50 : 5000;  // beyond the writer's buffers
      {
        DataFileWriter writer(path, vocabulary, options(shape, element));
        for (int i = 0; i < images; ++i) {
          const std::string split = i % 5 == 4 ? "val" : "train";
          const std::vector<float> features(size, static_cast<float>(i % 100) / 4);
          const auto row = writer.add_image(split, features, 7 * i, "image " + std::to_string(i));
          REQUIRE(row == (split == "val" ? i / 5 : i - i / 5));
          writer.add_caption(split, row, Tokens{1, 4, 5, 2});
          writer.add_caption(split, 0, Tokens{1, 2});
          writer.add_text(split, "truth", std::to_string(i));
        }
        writer.finish();
      }
      CHECK(folder.entries() == 1);
      const CaptionData data = CaptionData::open_file(path);
      CHECK(data.vocabulary() == vocabulary);
      CHECK(data.feature_shape() == shape);
      CHECK(data.features_description() == R"({"kind": "test"})");
      const CaptionSplit& val = data.split("val");
      CHECK(val.images.count() == images / 5);
      CHECK(val.count() == 2 * images / 5);
      CHECK(val.length == 5);
      CHECK(Tokens(val.caption(2).begin(), val.caption(2).end()) == Tokens{1, 4, 5, 2, 0});
      CHECK(val.image_idxs[2] == 1);
      CHECK(val.image_idxs[3] == 0);
      CHECK(val.images.image_ids[3] == 7 * 19);
      CHECK(val.images.file_names[3] == "image 19");
      std::vector<float> row(2 * size);
      val.images.features.read(std::vector<std::int64_t>{9, 3}, row.data());
      CHECK(row[0] == 49 / 4.0f);
      CHECK(row[2 * size - 1] == 19 / 4.0f);
      CHECK(val.images.features.stored_type() == (element == Hdf5Element::float16 ? "float16" : "float32"));
      CHECK(Hdf5File::open(path).dataset("val/truth").read_text()[1] == "9");
      const ImageSet set = open_image_set(path, "train");
      CHECK(set.file_names[4] == "image 5");
      CHECK(set.features_description == R"({"kind": "test"})");
      CHECK(lacks(error_of([&] { open_image_set(path, "test"); }), {"data.h5 has no split test"}) == "");
    }
  }
}

TEST_CASE("data file: a writer that does not finish leaves nothing behind") {
  const TemporaryDirectory folder;
  const std::string path = folder.file("data.h5");
  write_file_atomically(path, "old");
  {
    DataFileWriter writer(path, vocabulary, options(Shape{2}));
    writer.add_image("train", std::vector<float>{1, 2}, 0, "");
    CHECK(lacks(error_of([&] { writer.finish(); }), {"data.h5", "train", "1 images and 0 captions"}) == "");
  }
  {
    DataFileWriter empty(path, vocabulary, options(Shape{2}));
    CHECK(lacks(error_of([&] { empty.finish(); }), {"data.h5", "no images"}) == "");
  }
  CHECK(read_file(path) == "old");
  CHECK(folder.entries() == 1);
  CHECK(lacks(error_of([&] { DataFileWriter(folder.file("none/data.h5"), vocabulary, options(Shape{2})); }),
              {"cannot write", "none/data.h5", "No such file"}) == "");
}

TEST_CASE("data file: cut short or with bytes changed, it is refused with a sentence or read") {
  const TemporaryDirectory folder;
  const std::string path = folder.file("data.h5");
  {
    DataFileWriter writer(path, vocabulary, options(Shape{2}));
    for (int i = 0; i < 30; ++i)
      writer.add_caption("train", writer.add_image("train", std::vector<float>{1, 2}, i, "x"),
                         Tokens{1, 4, 2});
    writer.finish();
  }
  const std::string good = read_file(path);
  const auto error = [&](const std::string& contents) {
    std::ofstream(folder.file("bad.h5"), std::ios::binary) << contents;
    return error_of([&] {  // anything but a dlcore::Error would escape and fail the test
      const CaptionData data = CaptionData::open_file(folder.file("bad.h5"), {"train"});
      const FeatureReader& features = data.split("train").images.features;
      std::vector<float> row(static_cast<std::size_t>(features.row_size()));
      features.read(std::vector<std::int64_t>{features.count() - 1}, row.data());
    });
  };
  for (const std::size_t size : {good.size() - 1, good.size() / 2, std::size_t{100}})
    CHECK(lacks(error(good.substr(0, size)), {"bad.h5 is truncated"}) == "");
  Random random(4);
  for (int i = 0; i < 300; ++i) {
    std::string bad = good;
    bad[static_cast<std::size_t>(random.below(static_cast<std::int64_t>(good.size())))] =
        static_cast<char>(random.below(256));
    error(bad);
  }
}

TEST_CASE("data file: rows that the writer refuses") {
  const TemporaryDirectory folder;
  DataFileWriter writer(folder.file("data.h5"), vocabulary, options(Shape{2}, Hdf5Element::float16));
  const auto image = [&](std::vector<float> features) {
    return error_of([&] { writer.add_image("train", features, 0, ""); });
  };
  CHECK(lacks(image({1, NAN}), {"data.h5", "image 0 of split train", "feature 1 is nan"}) == "");
  CHECK(lacks(image({65520, 0}), {"feature 0 is 65520", "float16"}) == "");
  CHECK(lacks(image({1}), {"1 features", "[2]"}) == "");
  CHECK(lacks(error_of([&] {
                writer.add_image("dev", std::vector<float>{1, 2}, 0, "");
              }),
              {"\"dev\""}) == "");
  writer.add_image("train", std::vector<float>{1, 2}, 0, "");
  const auto caption = [&](std::int64_t row, const Tokens& tokens) {
    return error_of([&] { writer.add_caption("train", row, tokens); });
  };
  CHECK(lacks(caption(1, {1, 2}), {"caption 0", "image 1", "1 images"}) == "");
  CHECK(lacks(caption(0, {1, 6}), {"token 6", "6 words"}) == "");
  CHECK(lacks(caption(0, {1}), {"1 tokens", "2 to 5"}) == "");
  CHECK(lacks(caption(0, {1, 4, 4, 4, 4, 2}), {"6 tokens"}) == "");
  auto bad = options(Shape{2, 2});
  CHECK(lacks(error_of([&] { DataFileWriter(folder.file("b.h5"), vocabulary, bad); }), {"[2, 2]"}) == "");
  bad = options(Shape{2});
  bad.caption_length = 1;
  CHECK(lacks(error_of([&] { DataFileWriter(folder.file("b.h5"), vocabulary, bad); }), {"length 1"}) == "");
  bad = options(Shape{2});
  bad.features_description = "pixels";
  CHECK(lacks(error_of([&] { DataFileWriter(folder.file("b.h5"), vocabulary, bad); }), {"not valid JSON"}) ==
        "");
}

TEST_CASE("data file: files that are none, or of another version, or spoilt") {
  const TemporaryDirectory folder;
  const std::string path = folder.file("data.h5");
  const auto error = [&] { return error_of([&] { CaptionData::open_file(path, {"train"}); }); };
  const auto make = [&](const char* format, const char* version, const char* words, int ids) {
    Hdf5File file = Hdf5File::create(path);
    if (format) file.set_text_attribute("format", format);
    file.set_text_attribute("version", version);
    if (words) file.set_text_attribute("vocabulary", words);
    file.create_dataset("train/features", Hdf5Element::float32, Shape{1}, 1).append(std::vector<float>{1, 2});
    file.create_dataset("train/captions", Hdf5Element::int32, Shape{2}, 1).append(Tokens{1, 2});
    file.create_dataset("train/image_idxs", Hdf5Element::int32, Shape{}, 1).append(Tokens{1});
    if (ids >= 0)
      file.create_dataset("train/image_ids", Hdf5Element::int64, Shape{}, 1)
          .append(std::vector<std::int64_t>(static_cast<std::size_t>(ids), 5));
  };
  const std::string words = vocabulary.to_json();
  make("dlcore captions", "1", words.c_str(), -1);
  CHECK(error() == "no error");
  CHECK(open_image_set(path, "train").image_ids == std::vector<std::int64_t>{0, 1});
  make(nullptr, "1", words.c_str(), 2);
  CHECK(lacks(error(), {"data.h5 is not a dlcore data file", "format", "missing"}) == "");
  make("other", "1", words.c_str(), 2);
  CHECK(lacks(error(), {"data.h5", "\"other\""}) == "");
  make("dlcore captions", "2", words.c_str(), 2);
  CHECK(lacks(error(), {"data.h5 has version \"2\"", "version 1"}) == "");
  make("dlcore captions", "1", nullptr, 2);
  CHECK(lacks(error(), {"data.h5 has no attribute vocabulary"}) == "");
  make("dlcore captions", "1", "{", 2);
  CHECK(lacks(error(), {"the vocabulary of", "data.h5", "not valid JSON"}) == "");
  make("dlcore captions", "1", words.c_str(), 3);
  CHECK(lacks(error(), {"image_ids", "[3]", "2 images"}) == "");
  make("dlcore captions", "1", words.c_str(), 2);
  CHECK(lacks(error_of([&] { CaptionData::open_file(path); }), {"data.h5 has no split val"}) == "");
}
