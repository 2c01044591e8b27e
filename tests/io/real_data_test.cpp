// The real photos' captions and features, where the machine has them.
#include <filesystem>

#include "core/random.h"
#include "io/caption_data.h"
#include "io/hdf5.h"
#include "tests/catch.h"

using namespace dlcore;

TEST_CASE("real data: Flickr8k in the CS231n layout") {
  const std::string root = std::string(DLCORE_TEST_DATA) + "/flickr8k/";
  if (!std::filesystem::exists(root)) DLCORE_SKIP("there is no " + root);
  const CaptionData data = CaptionData::open_cs231n({.captions = root + "flickr8k_captions.h5",
                                                     .vocabulary = root + "flickr8k_vocab.json",
                                                     .train_features = root + "train_mobilenetv2.h5",
                                                     .val_features = root + "val_mobilenetv2.h5",
                                                     .train_urls = root + "train_urls.txt",
                                                     .val_urls = root + "val_urls.txt"});
  CHECK(data.vocabulary().size() == 2538);
  CHECK(data.feature_shape() == Shape{1280});
  const CaptionSplit& train = data.split("train");
  CHECK(train.count() == 29995);
  CHECK(train.length == 22);
  CHECK(train.images.count() == 5999);
  CHECK(train.images.file_names[0] == "1000268201_693b08cb0e.jpg");
  CHECK(data.split("val").count() == 5000);
  for (const std::int64_t row : {0, 29994}) CHECK_FALSE(data.vocabulary().decode(train.caption(row)).empty());
  CHECK(Vocabulary::from_json(data.vocabulary().to_json()) == data.vocabulary());

  // The streamed float16 rows are the library's, bit for bit.
  Random random(1);
  std::vector<std::int64_t> rows(250);
  for (auto& row : rows) row = random.below(train.images.count());
  std::vector<float> got(250 * 1280);
  train.images.features.read(rows, got.data());
  const Hdf5Dataset direct = Hdf5File::open(root + "train_mobilenetv2.h5").dataset("features");
  std::vector<float> row(1280);
  for (std::size_t i = 0; i < rows.size(); i += 50) {
    direct.read_rows(rows[i], 1, row.data());
    CHECK(std::vector<float>(got.begin() + static_cast<std::ptrdiff_t>(i * 1280),
                             got.begin() + static_cast<std::ptrdiff_t>((i + 1) * 1280)) == row);
  }
}
