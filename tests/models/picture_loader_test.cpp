// Batches of pictures: read from a data file, cut, mirrored, normalised.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "io/data_file.h"
#include "models/data_loader.h"
#include "models/pictures.h"
#include "tests/catch.h"
#include "tests/error_message.h"
#include "tests/models/data_fixture.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

constexpr std::int64_t S = 6;

// Byte k of picture i, each one different within a picture.
std::uint8_t pixel(std::int64_t i, std::int64_t k) {
  return static_cast<std::uint8_t>((k * 2 + i * 7) % 256);
}

// Pictures without features, two captions each.
struct PictureFile {
  PictureFile() {
    const Vocabulary words = TinyData::vocabulary();
    DataFileWriter writer(path, words,
                          {.feature_shape = {}, .caption_length = 7, .creator = "test", .image_size = S});
    std::vector<std::uint8_t> pixels(S * S * 3);
    for (std::int64_t i = 0; i < 7; ++i) {
      for (std::size_t k = 0; k < pixels.size(); ++k) pixels[k] = pixel(i, static_cast<std::int64_t>(k));
      const std::int64_t row = writer.add_image("train", {}, i, fmt::format("p{}", i), pixels);
      for (int caption = 0; caption < 2; ++caption)
        writer.add_caption("train", row, words.encode("the red thing here"));
    }
    writer.finish();
  }
  CaptionData open(bool pictures = true) const {
    FeatureReader::Options options;
    options.pictures = pictures;
    return CaptionData::open_file(path, {"train"}, options);
  }

  TemporaryDirectory folder;
  std::string path = folder.file("pictures.h5");
};

std::vector<float> stored(std::int64_t i) {
  std::vector<float> pixels;
  for (std::int64_t k = 0; k < S * S * 3; ++k) pixels.push_back(pixel(i, k));
  return pixels;
}

std::vector<float> cut(std::int64_t i, const PictureCut& where, std::int64_t size) {
  std::vector<float> output(static_cast<std::size_t>(size * size * 3));
  cut_picture(stored(i).data(), S, where, size, output.data());
  return output;
}

// All pictures of an epoch, in order.
std::vector<float> epoch_of(DataLoader& loader, std::int64_t epoch) {
  std::vector<float> all;
  loader.start(epoch);
  while (const CaptionBatch* batch = loader.next()) {
    const auto values = batch->features.to_vector<float>();
    all.insert(all.end(), values.begin(), values.end());
  }
  return all;
}

}  // namespace

TEST_CASE("a piece of a picture, mirrored or not, normalised") {
  const std::vector<float> whole = cut(0, {}, S);
  std::vector<float> want(S * S * 3);
  std::vector<std::uint8_t> bytes;
  for (std::int64_t k = 0; k < S * S * 3; ++k) bytes.push_back(pixel(0, k));
  normalize_pixels(bytes, want.data());
  CHECK(whole == want);
  const std::vector<float> piece = cut(0, {1, 2, false}, 3);
  const std::vector<float> mirrored = cut(0, {1, 2, true}, 3);
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t j = 0; j < 3; ++j)
      for (std::size_t c = 0; c < 3; ++c) {
        CHECK(piece[(i * 3 + j) * 3 + c] == whole[((i + 1) * S + j + 2) * 3 + c]);
        CHECK(mirrored[(i * 3 + j) * 3 + c] == piece[(i * 3 + 2 - j) * 3 + c]);
      }
}

TEST_CASE("data loader: pictures, whole and from the middle") {
  const PictureFile file;
  const CaptionData data = file.open();
  CHECK(data.feature_shape() == Shape({S, S, 3}));
  for (const std::int64_t crop : {std::int64_t{0}, std::int64_t{4}}) {
    DataLoader loader(data.split("train"), 0,
                      {.batch = 3, .captions_per_image = 1, .pictures = true, .crop = crop});
    const std::int64_t size = crop > 0 ? crop : S;
    CHECK(loader.picture_side() == size);
    loader.start(1);
    const CaptionBatch* batch = loader.next();
    REQUIRE(batch != nullptr);
    CHECK(batch->features.shape() == Shape({3, size, size, 3}));
    std::vector<float> want;
    for (std::int64_t i = 0; i < 7; ++i)
      for (const float value : cut(i, {(S - size) / 2, (S - size) / 2, false}, size)) want.push_back(value);
    CHECK(epoch_of(loader, 1) == want);
    CHECK(epoch_of(loader, 2) == want);
  }
}

TEST_CASE("data loader: pieces from random places are functions of seed, epoch and position") {
  const PictureFile file;
  const CaptionData data = file.open();
  DataLoader::Options options{.batch = 3,
                              .seed = 5,
                              .captions_per_image = 1,
                              .pictures = true,
                              .crop = 3,
                              .augment = true,
                              .flip = true};
  DataLoader one(data.split("train"), 0, options);
  options.batch = 7;
  DataLoader other(data.split("train"), 0, options);
  options.seed = 6;
  DataLoader unlike(data.split("train"), 0, options);
  const std::vector<float> first = epoch_of(one, 1);
  CHECK(epoch_of(one, 2) != first);
  CHECK(epoch_of(one, 1) == first);
  CHECK(epoch_of(other, 1) == first);
  CHECK(epoch_of(unlike, 1) != first);
  // Each is one of the pieces that the picture has; over some epochs mirrored ones and others come up.
  int mirrored = 0, straight = 0;
  for (std::int64_t epoch = 1; epoch <= 20; ++epoch) {
    const std::vector<float> all = epoch_of(one, epoch);
    for (std::int64_t i = 0; i < 7; ++i) {
      const auto begin = all.begin() + i * 27;
      const std::vector<float> piece(begin, begin + 27);
      int found = 0;
      for (std::int64_t top = 0; top <= 3; ++top)
        for (std::int64_t left = 0; left <= 3; ++left)
          for (const bool flip : {false, true})
            if (cut(i, {top, left, flip}, 3) == piece) {
              ++found;
              ++(flip ? mirrored : straight);
            }
      CHECK(found == 1);
    }
  }
  CHECK(mirrored > 40);
  CHECK(straight > 40);
}

TEST_CASE("data loader: each picture of a batch once") {
  const PictureFile file;
  const CaptionData data = file.open();
  DataLoader::Options options{.batch = 5, .pictures = true, .once = true};
  DataLoader loader(data.split("train"), 0, options);
  loader.start(1);
  std::vector<std::int32_t> seen;
  while (const CaptionBatch* batch = loader.next()) {
    const std::vector<std::int32_t> rows = batch->picture_rows.to_vector<std::int32_t>();
    REQUIRE(static_cast<std::int64_t>(rows.size()) == batch->count());
    const std::vector<float> pictures = batch->features.to_vector<float>();
    const std::set<std::int32_t> different(batch->images.begin(), batch->images.end());
    CHECK(batch->features.size(0) == static_cast<std::int64_t>(different.size()));
    for (std::size_t r = 0; r < rows.size(); ++r) {
      const auto begin = pictures.begin() + rows[r] * S * S * 3;
      CHECK(std::vector<float>(begin, begin + S * S * 3) == cut(batch->images[r], {}, S));
      seen.push_back(batch->images[r]);
    }
  }
  CHECK(seen.size() == 14);
  CHECK(error_of([&] {
          DataLoader(data.split("train"), 0, {.batch = 5, .once = true});
        }).find("gives each picture once, but reads features") != std::string::npos);
}

TEST_CASE("data loader: the captions of a picture together") {
  const PictureFile file;
  const CaptionData data = file.open();
  const DataLoader::Options options{.batch = 5,
                                    .shuffle = true,
                                    .group_captions = true,
                                    .seed = 3,
                                    .pictures = true,
                                    .crop = 3,
                                    .augment = true,
                                    .flip = true,
                                    .once = true};
  DataLoader loader(data.split("train"), 0, options);
  CHECK(loader.feature_rows() == 4);  // the second caption of one, two whole ones, the first of another
  std::set<std::vector<std::int32_t>> orders;
  for (std::int64_t epoch = 1; epoch <= 4; ++epoch) {
    loader.start(epoch);
    std::vector<std::int32_t> order;            // of the images, as their first caption comes
    std::vector<std::int64_t> captions;         // all that were seen
    std::vector<std::vector<float>> pieces(7);  // of each image
    while (const CaptionBatch* batch = loader.next()) {
      const std::vector<std::int32_t> rows = batch->picture_rows.to_vector<std::int32_t>();
      CHECK(batch->features.size(0) <= loader.feature_rows());
      const std::vector<float> pictures = batch->features.to_vector<float>();
      for (std::size_t r = 0; r < rows.size(); ++r) {
        const std::int32_t image = batch->images[r];
        captions.push_back(batch->rows[r]);
        if (order.empty() || order.back() != image) order.push_back(image);
        const auto begin = pictures.begin() + rows[r] * 27;
        std::vector<float>& piece = pieces[static_cast<std::size_t>(image)];
        if (piece.empty()) piece.assign(begin, begin + 27);
        CHECK(piece == std::vector<float>(begin, begin + 27));  // in another batch too
      }
    }
    CHECK(order.size() == 7);
    std::sort(captions.begin(), captions.end());
    CHECK(captions == std::vector<std::int64_t>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13});
    orders.insert(order);
    CHECK(std::set(pieces.begin(), pieces.end()).size() == 7);
  }
  CHECK(orders.size() == 4);
}

TEST_CASE("data loader: pictures that are not there, or too small") {
  const PictureFile file;
  const CaptionData data = file.open();
  CHECK(error_of([&] {
          DataLoader(data.split("train"), 0, {.batch = 3, .pictures = true, .crop = 7});
        }).find("data.crop is 7, but the pictures in " + file.path + " are 6 pixels wide") !=
        std::string::npos);
  CHECK(error_of([&] { file.open(false); }).find("has stored pictures in its split train, but no features") !=
        std::string::npos);
  const TinyDataFile features;
  FeatureReader::Options options;
  options.pictures = true;
  CHECK(error_of([&] {
          CaptionData::open_file(features.path, {"train"}, options);
        }).find("has no stored pictures in its split train") != std::string::npos);
}
