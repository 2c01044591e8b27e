#include "io/caption_data.h"

#include <functional>

#include "io/atomic_file.h"
#include "io/hdf5.h"
#include "tests/catch.h"
#include "tests/error_message.h"
#include "tests/io/odd_hdf5.h"
#include "tests/temporary_directory.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

const char* const vocabulary = R"({"idx_to_word": ["<NULL>", "<START>", "<END>", "<UNK>", "a", "dog"]})";

// A small data set in the CS231n layout; a test spoils one thing of it.
struct Files {
  TemporaryDirectory folder;
  OddDataset train_captions{"train_captions", OddType::int32, {3, 4}, {1, 4, 5, 2, 1, 5, 2, 0, 1, 2, 0, 0}};
  OddDataset train_idxs{"train_image_idxs", OddType::int64, {3}, {1, 0, 1}};
  OddDataset val_captions{"val_captions", OddType::int8, {1, 3}, {1, 4, 2}};
  OddDataset val_idxs{"val_image_idxs", OddType::int32, {1}, {0}};
  OddDataset train_features{"features", OddType::float32, {2, 3}, {1, 2, 3, 4, 5, 6}};
  OddDataset val_features{"features", OddType::float64, {1, 3}, {7, 8, 9}};
  std::string words = vocabulary;
  std::string urls = "http://x/1.jpg\r\n2.jpg";
  std::vector<std::string> splits{"train", "val"};
  bool with_val = true;

  CaptionData open() const {
    std::vector<OddDataset> captions{train_captions, train_idxs};
    if (with_val) captions.insert(captions.end(), {val_captions, val_idxs});
    write_odd_hdf5(folder.file("captions.h5"), captions);
    write_odd_hdf5(folder.file("train.h5"), {train_features});
    write_odd_hdf5(folder.file("val.h5"), {val_features});
    write_file_atomically(folder.file("vocab.json"), words);
    write_file_atomically(folder.file("urls.txt"), urls);
    return CaptionData::open_cs231n({.captions = folder.file("captions.h5"),
                                     .vocabulary = folder.file("vocab.json"),
                                     .train_features = folder.file("train.h5"),
                                     .val_features = with_val ? folder.file("val.h5") : "",
                                     .train_urls = folder.file("urls.txt"),
                                     .val_urls = ""},
                                    splits);
  }
};

std::string error_with(const std::function<void(Files&)>& spoil) {
  Files files;
  spoil(files);
  return error_of([&] { files.open(); });
}

}  // namespace

TEST_CASE("caption data: the CS231n layout") {
  const CaptionData data = Files().open();
  CHECK(data.vocabulary().size() == 6);
  CHECK(data.feature_shape() == Shape{3});
  CHECK(data.feature_size() == 3);
  CHECK(data.features_description().empty());
  const CaptionSplit& train = data.split("train");
  CHECK(train.count() == 3);
  CHECK(train.length == 4);
  CHECK(train.image_idxs == std::vector<std::int32_t>{1, 0, 1});
  CHECK(data.vocabulary().decode(train.caption(0)) == "a dog");
  CHECK(train.images.count() == 2);
  CHECK(train.images.image_ids == std::vector<std::int64_t>{0, 1});
  CHECK(train.images.file_names == std::vector<std::string>{"http://x/1.jpg", "2.jpg"});
  const CaptionSplit& val = data.split("val");
  CHECK(val.length == 3);
  CHECK(val.images.file_names.empty());
  std::vector<float> row(3);
  val.images.features.read(std::vector<std::int64_t>{0}, row.data());
  CHECK(row == std::vector<float>{7, 8, 9});
}

TEST_CASE("caption data: only the splits asked for need to be there") {
  Files files;
  files.with_val = false;
  CHECK(lacks(error_of([&] { files.open(); }), {"split val", "needs a features file"}) == "");
  files.splits = {"train"};
  {
    const CaptionData data = files.open();
    CHECK(data.has("train"));
    CHECK_FALSE(data.has("val"));
    CHECK(lacks(error_of([&] { data.split("val"); }), {"val", "not opened"}) == "");
  }
  files.splits = {"test"};
  CHECK(lacks(error_of([&] { files.open(); }), {"\"test\"", "train and val"}) == "");
  files.splits = {};
  CHECK(lacks(error_of([&] { files.open(); }), {"no split"}) == "");
}

TEST_CASE("caption data: what is refused, and how it is said") {
  CHECK(lacks(error_with([](Files& f) { f.train_captions.name = "captions"; }),
              {"captions.h5 has no dataset train_captions", "train_image_idxs"}) == "");
  CHECK(lacks(error_with([](Files& f) { f.val_idxs.name = "idxs"; }), {"no dataset val_image_idxs"}) == "");
  CHECK(lacks(error_with([](Files& f) { f.train_features.name = "feats"; }),
              {"train.h5 has no dataset features", "feats"}) == "");
  CHECK(lacks(error_with([](Files& f) { f.train_captions.shape = {12}; }),
              {"train_captions of", "[captions, T]", "[12]"}) == "");
  CHECK(lacks(error_with([](Files& f) {
                f.train_idxs.shape = {3, 1};
              }),
              {"train_image_idxs of", "[captions]", "[3, 1]"}) == "");
  CHECK(lacks(error_with([](Files& f) { f.train_captions.type = OddType::float32; }),
              {"train_captions of", "integers", "float32"}) == "");
  CHECK(lacks(error_with([](Files& f) { f.train_idxs.type = OddType::float64; }),
              {"train_image_idxs of", "integers", "float64"}) == "");
  CHECK(lacks(error_with([](Files& f) { f.train_features.type = OddType::int32; }),
              {"features of", "train.h5", "floating", "int32"}) == "");
  CHECK(lacks(error_with([](Files& f) {
                f.train_features.shape = {2, 3, 1};
              }),
              {"[n, D]", "[2, 3, 1]"}) == "");
  CHECK(lacks(error_with([](Files& f) {
                f.train_idxs.shape = {2};
                f.train_idxs.values = {0, 1};
              }),
              {"train_captions", "3 captions", "train_image_idxs", "2 image indices"}) == "");
  CHECK(lacks(error_with([](Files& f) {
                f.train_idxs.values = {1, 2, 0};
              }),
              {"train_image_idxs of", "holds 2 at row 1", "train.h5", "2 rows"}) == "");
  CHECK(lacks(error_with([](Files& f) { f.train_idxs.values = {1, 0, -1}; }), {"holds -1 at row 2"}) == "");
  CHECK(lacks(error_with([](Files& f) { f.train_captions.values[6] = 6; }),
              {"train_captions of", "token 6 in caption 1 at position 2", "6 words"}) == "");
  CHECK(lacks(error_with([](Files& f) { f.val_captions.values[0] = -3; }),
              {"val_captions", "token -3 in caption 0 at position 0"}) == "");
  CHECK(lacks(error_with([](Files& f) {
                f.val_captions.shape = {0, 3};
                f.val_captions.values = {};
                f.val_idxs.shape = {0};
                f.val_idxs.values = {};
              }),
              {"val_captions", "is empty", "no captions"}) == "");
  CHECK(lacks(error_with([](Files& f) {
                f.val_features.shape = {0, 3};
                f.val_features.values = {};
              }),
              {"val.h5", "is empty", "no images"}) == "");
  CHECK(lacks(error_with([](Files& f) {
                f.val_features.shape = {1, 2};
                f.val_features.values = {7, 8};
              }),
              {"different shapes", "[3]", "[2]", "val.h5", "train.h5"}) == "");
  CHECK(lacks(error_with([](Files& f) {
                f.val_captions.shape = {1, 1};
                f.val_captions.values = {1};
              }),
              {"val_captions", "length 1", "at least 2"}) == "");
  CHECK(lacks(error_with([](Files& f) { f.words.resize(1); }), {"vocab.json is not valid JSON"}) == "");
  CHECK(lacks(error_with([](Files& f) { f.urls = "one line\n"; }), {"urls.txt has 1 lines", "2 images"}) ==
        "");
}

TEST_CASE("caption data: images without captions") {
  const Files files;
  files.open();
  const ImageSet images = open_image_set(files.folder.file("train.h5"), "val");
  CHECK(images.count() == 2);
  CHECK(images.image_ids == std::vector<std::int64_t>{0, 1});
  CHECK(images.file_names.empty());
  CHECK(lacks(error_of([&] { open_image_set(files.folder.file("captions.h5"), "val"); }),
              {"no dataset features", "train_captions"}) == "");
}
