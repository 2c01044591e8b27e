// What is left out, and how the report says so.
#include <filesystem>

#include "io/atomic_file.h"
#include "io/caption_data.h"
#include "tests/catch.h"
#include "tests/coco/coco_fixture.h"
#include "tests/error_message.h"
#include "tests/stored_pictures.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

const PrepareReport::Dropped* find(const PrepareReport& report, const std::string& what) {
  for (const auto& entry : report.dropped)
    if (entry.what.find(what) != std::string::npos) return &entry;
  return nullptr;
}

}  // namespace

TEST_CASE("prepare coco: missing and broken pictures and captions without words are left out by name") {
  CocoSet set(80);
  const auto path = [&](int i) { return set.images() + "/" + CocoSet::name(i); };
  for (const int i : {0, 33, 79}) std::filesystem::remove(path(i));
  write_file_atomically(path(1), "no picture");
  write_file_atomically(path(2), read_file(path(2)).substr(0, 60));
  write_file_atomically(path(3), "");
  std::filesystem::remove(path(4));
  std::filesystem::create_directory(path(4));
  set.json["annotations"][10]["caption"] = " ... ";
  set.json["annotations"][12]["caption"] = "";
  set.json["annotations"][13]["caption"] = "?";
  set.json["images"].push_back({{"id", 5}, {"file_name", "alone.png"}});
  set.write();
  QuarterMeans encoder;
  const PrepareReport report = prepare_coco(set.options(), &encoder);

  REQUIRE(find(report, "missing"));
  CHECK(find(report, "missing")->names.size() == 4);  // a directory is no file either
  CHECK(lacks(find(report, "missing")->names[0], {CocoSet::name(0), "No such file"}) == "");
  REQUIRE(find(report, "can't be read"));
  CHECK(find(report, "can't be read")->names.size() == 3);
  REQUIRE(find(report, "without a caption"));
  CHECK(find(report, "without a caption")->names == std::vector<std::string>{"alone.png"});
  REQUIRE(find(report, "without a word"));
  CHECK(find(report, "without a word")->names == std::vector<std::string>{CocoSet::name(5) + ": \" ... \"",
                                                                          CocoSet::name(6) + ": \"\"",
                                                                          CocoSet::name(6) + ": \"?\""});
  REQUIRE(find(report, "have no words"));
  CHECK(find(report, "have no words")->names == std::vector<std::string>{CocoSet::name(6)});

  // The rows are those of the pictures that are left.
  const CaptionData data = CaptionData::open_file(set.out());
  std::int64_t images = 0;
  for (const char* split : {"train", "val"}) {
    const ImageSet& kept = data.split(split).images;
    const ImageSet store = open_pictures(set.out(), split);
    REQUIRE(store.count() == kept.count());
    images += kept.count();
    std::vector<float> features(12);
    for (std::int64_t row = 0; row < kept.count(); ++row) {
      const Image picture = read_image(set.images() + "/" + kept.file_names[static_cast<std::size_t>(row)]);
      REQUIRE(picture_of(store, row) == make_square(picture, 16, ImageFit::crop).pixels);
      std::vector<float> expected(12);
      const Image input = make_square(picture, 32, ImageFit::crop);
      QuarterMeans().extract(std::span(&input, 1), expected);
      kept.features.read(std::vector<std::int64_t>{row}, features.data());
      REQUIRE(std::abs(features[5] - expected[5]) < 0.1);
    }
  }
  CHECK(images == 80 - 4 - 3 - 1);
  CHECK(data.split("train").count() + data.split("val").count() == 2 * images - 1);

  const std::string text = describe(report, set.out());
  for (const std::string part :
       {"left out: 4 pictures that are missing", "  and 1 more, in ", "data.h5.dropped.txt",
        "left out: 1 images without a caption\n  alone.png"}) {
    INFO(text);
    CHECK(text.find(part) != std::string::npos);
  }
  const std::string list = write_dropped(report, set.out());
  CHECK(list == set.out() + ".dropped.txt");
  const std::string all = read_file(list);
  for (const int i : {0, 33, 79, 1, 2, 3, 4, 5, 6}) CHECK(all.find(CocoSet::name(i)) != std::string::npos);
  CHECK(write_dropped({}, set.out()).empty());
  CHECK_FALSE(std::filesystem::exists(list));
}

TEST_CASE("prepare coco: no picture can be read") {
  CocoSet set(10);
  for (int i = 0; i < 10; ++i)
    if (i % 4 != 3) std::filesystem::remove(set.images() + "/" + CocoSet::name(i));
  const std::string message = error_of([&] { prepare_coco(set.options(), nullptr); });
  CHECK(lacks(message, {"none of the pictures for training", CocoSet::name(0), "No such file"}) == "");
  CHECK_FALSE(std::filesystem::exists(set.out()));
}

TEST_CASE("prepare coco: captions without any word at all") {
  CocoSet set(10);
  for (auto& annotation : set.json["annotations"]) annotation["caption"] = "...";
  set.write();
  CHECK(lacks(error_of([&] { prepare_coco(set.options(), nullptr); }), {"data.h5", "no images"}) == "");
  CHECK_FALSE(std::filesystem::exists(set.out()));
}
