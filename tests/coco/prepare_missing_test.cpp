// A data file that training makes where it is not there, and uses where it is.
#include "tools/coco/prepare_missing.h"

#include <filesystem>

#include "io/atomic_file.h"
#include "io/hdf5.h"
#include "tests/catch.h"
#include "tests/coco/coco_fixture.h"
#include "tests/error_message.h"
#include "tests/stored_pictures.h"
#include "tools/coco/training_pictures.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

std::string refusal(const CocoOptions& options) {
  return error_of([&] { prepare_missing(options); });
}

Config folder_config() {
  Config config;
  config.model.encoder = "regnet_x_400mf";
  config.data.root = "/data";
  config.data.file = "data.h5";
  config.data.annotations = "a.json";
  config.data.images = "images";
  return config;
}

std::string refusal(const Config& config) {
  return error_of([&] { training_pictures(config); });
}

}  // namespace

TEST_CASE("prepare missing: makes the file that prepare_coco makes, and leaves it as it is then") {
  const CocoSet set(12);
  prepare_missing(set.options());
  const std::string made = read_file(set.out());
  const auto time = std::filesystem::last_write_time(set.out());
  prepare_missing(set.options());
  CHECK(std::filesystem::last_write_time(set.out()) == time);
  std::filesystem::remove(set.out());
  prepare_coco(set.options(), nullptr);
  CHECK((read_file(set.out()) == made));
}

TEST_CASE("prepare missing: a file with features too is as good") {
  const CocoSet set(12);
  CocoOptions options = set.options();
  options.float32 = true;
  QuarterMeans encoder;
  prepare_coco(options, &encoder);
  CHECK(refusal(set.options()) == "no error");
}

TEST_CASE("prepare missing: does not use a file that was made from something else") {
  CocoSet set(12);
  prepare_missing(set.options());
  const std::string made = read_file(set.out());
  const auto refused = [&](const CocoOptions& options, const std::string& part) {
    CHECK(lacks(refusal(options),
                {"data.file " + set.out() + " was made from other pictures, captions or settings", part,
                 "delete the file", "or name another"}) == "");
    CHECK((read_file(set.out()) == made));
  };
  CocoOptions options = set.options();
  options.store_images = 24;
  refused(options, "data.image_size was 16 and is now 24");
  options = set.options();
  options.min_count = 3;
  refused(options, "data.min_count was 2 and is now 3");
  options = set.options();
  options.max_words = 4;
  refused(options, "data.max_words was 15 and is now 4");
  options = set.options();
  options.fit = ImageFit::squash;
  refused(options, "--fit was \"crop\" and is now \"squash\"");

  const nlohmann::json before = set.json;
  const auto changed = [&](const std::string& list, const std::string& key, const nlohmann::json& value) {
    set.json = before;
    set.json[list][3][key] = value;
    set.write();
    refused(set.options(), "the pictures, captions and splits in the annotations were others");
  };
  changed("annotations", "caption", "another");
  changed("images", "split", "train");
  changed("images", "file_name", CocoSet::name(3) + ".jpg");
}

TEST_CASE("prepare missing: a file that does not say what it was made from") {
  const CocoSet set(12);
  for (const char* source : {"", "no JSON", "[1]"}) {
    {
      Hdf5File file = Hdf5File::create(set.out());
      file.set_text_attribute("format", "dlcore captions");
      if (*source) file.set_text_attribute("source", source);
    }
    CHECK(lacks(refusal(set.options()),
                {"data.file " + set.out(), "does not say what it was made from", "delete the file"}) == "");
  }
  write_file_atomically(set.out(), "no HDF5");
  CHECK(lacks(refusal(set.options()), {set.out(), "HDF5"}) == "");
}

TEST_CASE("training pictures: the keys are those options, relative to data.root") {
  Config config = folder_config();
  std::optional<CocoOptions> options = training_pictures(config);
  REQUIRE(options);
  CHECK(options->source.annotations == "/data/a.json");
  CHECK(options->source.images == "/data/images");
  CHECK(options->source.val_annotations.empty());
  CHECK(options->source.val_images.empty());
  CHECK(options->out == "/data/data.h5");
  CHECK(options->store_images == 128);
  CHECK(options->min_count == 5);
  CHECK(options->max_words == 15);
  CHECK(options->fit == ImageFit::crop);
  config.data.val_annotations = "/other/b.json";
  config.data.val_images = "val";
  config.data.image_size = 48;
  config.data.min_count = 2;
  config.data.max_words = 7;
  options = training_pictures(config);
  CHECK(options->source.val_annotations == "/other/b.json");
  CHECK(options->source.val_images == "/data/val");
  CHECK(options->store_images == 48);
  CHECK(options->min_count == 2);
  CHECK(options->max_words == 7);
}

TEST_CASE("training pictures: keys that are missing, and none at all") {
  CHECK_FALSE(training_pictures(Config{}));
  Config config = folder_config();
  config.model.encoder = "";
  CHECK(lacks(refusal(config), {"data.annotations", "model.encoder", "dlcore_prepare coco --encoder"}) == "");
  config = folder_config();
  config.data.images = "";
  CHECK(lacks(refusal(config), {"data.annotations needs data.images"}) == "");
  config = folder_config();
  config.data.file = "";
  CHECK(lacks(refusal(config), {"data.annotations needs data.file"}) == "");
  config = folder_config();
  config.data.annotations = "";
  CHECK(lacks(refusal(config), {"data.images is given, but no data.annotations"}) == "");
  config.data.images = "";
  config.data.val_annotations = "b.json";
  CHECK(lacks(refusal(config), {"data.val_annotations is given, but no data.annotations"}) == "");
}
