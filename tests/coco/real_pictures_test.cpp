// Preparation of the real photos, where the machine has them.
#include <filesystem>

#include "io/caption_data.h"
#include "tests/catch.h"
#include "tests/coco/coco_fixture.h"
#include "tests/stored_pictures.h"

using namespace dlcore;
using namespace dlcore::test;

TEST_CASE("prepare coco: all photos of COCO's sample") {
  const std::string root = std::string(DLCORE_TEST_DATA) + "/coco/";
  if (!std::filesystem::exists(root)) DLCORE_SKIP("there is no " + root);
  const TemporaryDirectory folder;
  CocoOptions options;
  options.source.annotations = root + "captions_sample.json";
  options.source.images = root + "images";
  options.out = folder.file("coco.h5");
  options.store_images = 112;
  QuarterMeans encoder(224);
  const PrepareReport report = prepare_coco(options, &encoder);
  CHECK(report.dropped.empty());
  const CaptionData data = CaptionData::open_file(options.out);
  CHECK(data.split("train").images.count() + data.split("val").images.count() == 55);
  CHECK(data.split("train").count() + data.split("val").count() == 275);
  CHECK(data.vocabulary().contains("a"));
  CHECK(open_pictures(options.out, "val").features.row_shape()[0] == 112);
}
