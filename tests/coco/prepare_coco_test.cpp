#include "tools/coco/prepare_coco.h"

#include <cstring>
#include <filesystem>

#include "io/atomic_file.h"
#include "io/caption_data.h"
#include "io/hdf5.h"
#include "tests/catch.h"
#include "tests/coco/coco_fixture.h"
#include "tests/error_message.h"
#include "tests/stored_pictures.h"

using namespace dlcore;
using namespace dlcore::test;

TEST_CASE("prepare coco: features, pictures and captions are those of the pictures") {
  const CocoSet set(70);
  for (const bool float32 : {false, true}) {
    for (const ImageFit fit : {ImageFit::crop, ImageFit::squash}) {
      CocoOptions options = set.options();
      options.float32 = float32;
      options.fit = fit;
      QuarterMeans encoder;
      const PrepareReport report = prepare_coco(options, &encoder);
      CHECK(set.folder.entries() == 3);  // images, annotations.json, data.h5
      CHECK(encoder.most == 32);
      CHECK(encoder.calls == 3);
      CHECK(report.made == 70);
      CHECK(report.kept == 0);
      CHECK(report.dropped.empty());
      const CaptionData data = CaptionData::open_file(set.out());
      CHECK(data.feature_shape() == Shape{3, 2, 2});
      CHECK(data.features_description() == encoder.description());
      CHECK(data.vocabulary().words() == std::vector<std::string>{"<NULL>", "<START>", "<END>", "<UNK>", "a",
                                                                  "cat", "is", "it", "n't", "number",
                                                                  "picture"});
      const CaptionSplit& train = data.split("train");
      const CaptionSplit& val = data.split("val");
      REQUIRE(train.images.count() == 53);
      REQUIRE(val.images.count() == 17);
      CHECK(train.images.features.stored_type() == (float32 ? "float32" : "float16"));
      CHECK(train.images.image_ids[3] == 1004);
      CHECK(train.images.file_names[3] == CocoSet::name(4));
      CHECK(val.images.image_ids[16] == 1067);
      REQUIRE(val.count() == 34);
      CHECK(val.length == 17);
      CHECK(val.image_idxs[33] == 16);
      CHECK(data.vocabulary().decode(val.caption(32)) == "a picture number <UNK>");
      CHECK(data.vocabulary().decode(val.caption(33)) == "it is n't a cat");

      const ImageSet store = open_pictures(set.out(), "val");
      CHECK(store.features_description.find(fit == ImageFit::crop ? "crop" : "squash") != std::string::npos);
      std::vector<float> features(12), expected(12);
      for (const int row : {0, 9, 16}) {
        const Image picture = read_image(set.images() + "/" + CocoSet::name(4 * row + 3));
        CHECK(picture_of(store, row) == make_square(picture, 16, fit).pixels);
        const Image input = make_square(picture, 32, fit);
        QuarterMeans().extract(std::span(&input, 1), expected);
        val.images.features.read(std::vector<std::int64_t>{row}, features.data());
        for (std::size_t i = 0; i < 11; ++i)
          CHECK(std::abs(features[i] - expected[i]) <= (float32 ? 0 : 0.07));
      }
    }
  }
}

TEST_CASE("prepare coco: features alone, pictures alone, and neither") {
  const CocoSet set(9);
  CocoOptions options = set.options();
  prepare_coco(options, nullptr);
  CHECK(open_pictures(set.out(), "train").count() == 7);
  CHECK(lacks(error_of([&] { CaptionData::open_file(set.out()); }), {"no features"}) == "");
  QuarterMeans encoder;
  options.store_images = 0;
  prepare_coco(options, &encoder);
  CHECK(CaptionData::open_file(set.out()).split("val").images.count() == 2);
  CHECK(lacks(error_of([&] { open_pictures(set.out(), "val"); }), {"no stored pictures"}) == "");
  CHECK(lacks(error_of([&] { prepare_coco(options, nullptr); }),
              {"data.h5", "--encoder", "--store-images"}) == "");
}

TEST_CASE("prepare coco: the same file for any number of threads") {
  const CocoSet set(100);
  std::string first;
  for (const int threads : {1, 2, 5, 0}) {
    CocoOptions options = set.options();
    options.threads = threads;
    QuarterMeans encoder;
    prepare_coco(options, &encoder);
    const std::string file = read_file(set.out());
    if (first.empty()) first = file;
    CHECK((file == first));
  }
}

TEST_CASE("prepare coco: words are cut, rare ones unknown, and counted over the training captions only") {
  CocoSet set(8);
  for (auto& annotation : set.json["annotations"]) annotation["caption"] = "one two three";
  set.json["annotations"][0]["caption"] = "one two three four five";
  set.json["annotations"][6]["caption"] = "four four four four";  // of a validation image
  set.write();
  CocoOptions options = set.options();
  options.min_count = 2;
  options.max_words = 4;
  const PrepareReport report = prepare_coco(options, nullptr);
  CHECK(report.vocabulary == 7);
  CHECK(report.rare_words == 2);
  CHECK(report.cut_captions == 1);
  REQUIRE(report.splits.size() == 2);
  CHECK(report.splits[0].words == 4 + 11 * 3);
  CHECK(report.splits[0].unknown == 1);
  CHECK(report.splits[1].unknown == 4);
  const Hdf5Dataset captions = Hdf5File::open(set.out()).dataset("train/captions");
  CHECK(captions.shape() == Shape{12, 6});
  const std::vector<std::int32_t> tokens = captions.read_int32();
  CHECK(std::vector<std::int32_t>(tokens.begin(), tokens.begin() + 12) ==
        std::vector<std::int32_t>{1, 4, 6, 5, 3, 2, 1, 4, 6, 5, 2, 0});
  const std::string text = describe(report, set.out());
  for (const char* part : {"8 pictures", "1 captions were cut at 4 words", "vocabulary: 7 words; 2 rarer",
                           "train: 6 images, 12 captions", "val: 2 images", "data.h5"}) {
    INFO(text);
    CHECK(text.find(part) != std::string::npos);
  }
}

TEST_CASE(
    "prepare coco: an encoder that fails, or gives what the file can't hold, leaves an old file as it was") {
  const CocoSet set(40);
  write_file_atomically(set.out(), "old");
  struct Bad : QuarterMeans {
    float value = NAN;
    void extract(std::span<const Image> images, std::span<float> features) override {
      QuarterMeans::extract(images, features);
      if (calls == 2) features[12 + 4] = value;
    }
  };
  CocoOptions options = set.options();
  const auto error = [&](float value) {
    Bad encoder;
    encoder.value = value;
    return error_of([&] { prepare_coco(options, &encoder); });
  };
  options.restart = true;
  // Of the second batch the second picture; train comes first, so that is picture 3 of val.
  CHECK(lacks(error(NAN), {"feature 4", CocoSet::name(15), "nan", "float16", "--float32"}) == "");
  CHECK(lacks(error(1e6f), {"feature 4", "1000000"}) == "");
  options.float32 = true;
  CHECK(lacks(error(INFINITY), {"feature 4", "inf", "no number"}) == "");
  CHECK(read_file(set.out()) == "old");
  CHECK(error(1e6f) == "no error");
  CHECK(read_file(set.out()) != "old");
}
