// Batches, epoch after epoch.
#include "models/data_loader.h"

#include <algorithm>
#include <functional>
#include <set>

#include "tests/devices.h"
#include "tests/io/odd_hdf5.h"
#include "tests/models/data_fixture.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

using Rows = std::vector<std::int64_t>;

// The captions of an epoch, in the order of the batches (within one, sorted by length).
Rows epoch_rows(DataLoader& loader, std::int64_t epoch, std::vector<std::int64_t>* sizes = nullptr) {
  Rows rows;
  loader.start(epoch);
  while (const CaptionBatch* batch = loader.next()) {
    rows.insert(rows.end(), batch->rows.begin(), batch->rows.end());
    if (sizes != nullptr) sizes->push_back(batch->count());
  }
  CHECK(loader.next() == nullptr);
  return rows;
}

Rows sorted(Rows rows) {
  std::sort(rows.begin(), rows.end());
  return rows;
}

Rows first(std::int64_t n) {
  Rows rows;
  for (std::int64_t i = 0; i < n; ++i) rows.push_back(i);
  return rows;
}

struct Opened {
  TinyDataFile file;
  CaptionData data = file.open();
  const CaptionSplit& split = data.split("train");  // 48 captions of 24 images
};

}  // namespace

TEST_CASE("data loader: every caption once in an epoch, the last batch smaller") {
  const Opened opened;
  for (const bool shuffle : {false, true})
    for (const std::int64_t batch : {1, 7, 47, 48, 100}) {
      DataLoader loader(opened.split, 0, {.batch = batch, .shuffle = shuffle, .seed = 3});
      std::vector<std::int64_t> sizes;
      CHECK(sorted(epoch_rows(loader, 1, &sizes)) == first(48));
      CHECK(static_cast<std::int64_t>(sizes.size()) == loader.batches());
      CHECK(loader.captions() == 48);
      CHECK(sizes.back() == (48 % batch == 0 ? std::min<std::int64_t>(batch, 48) : 48 % batch));
    }
}

TEST_CASE("data loader: a batch is what its captions and images say") {
  const Opened opened;
  DataLoader loader(opened.split, 0, {.batch = 11, .shuffle = true, .seed = 1});
  loader.start(1);
  const auto width = static_cast<std::size_t>(opened.split.images.features.row_size());
  while (const CaptionBatch* batch = loader.next()) {
    CHECK(batch->features.dtype() == DType::float32);
    const std::vector<float> features = batch->features.to_vector<float>();
    const auto inputs = batch->inputs.to_vector<std::int32_t>();
    const auto targets = batch->targets.to_vector<std::int32_t>();
    const auto words = batch->words.to_vector<std::int32_t>();
    const auto word_rows = batch->word_rows.to_vector<std::int32_t>();
    CHECK(std::set<std::int32_t>(inputs.begin(), inputs.end()) ==
          std::set<std::int32_t>(words.begin(), words.end()));
    CHECK(std::adjacent_find(words.begin(), words.end(), std::greater_equal<>()) == words.end());
    REQUIRE(word_rows.size() == inputs.size());
    for (std::size_t k = 0; k < inputs.size(); ++k)
      CHECK(words[static_cast<std::size_t>(word_rows[k])] == inputs[k]);
    for (std::size_t r = 0; r < batch->rows.size(); ++r) {
      const std::int64_t row = batch->rows[r];
      CHECK(batch->images[r] == opened.split.image_idxs[static_cast<std::size_t>(row)]);
      std::vector<float> stored(width);
      opened.split.images.features.read(Rows{batch->images[r]}, stored.data());
      CHECK(std::equal(stored.begin(), stored.end(),
                       features.begin() + static_cast<std::ptrdiff_t>(r * width)));
      const auto caption = opened.split.caption(row);
      for (std::int64_t t = 0; t < batch->packing.steps(); ++t) {
        if (batch->packing.size(t) <= static_cast<std::int64_t>(r)) continue;
        const auto k = static_cast<std::size_t>(batch->packing.offset(t)) + r;
        CHECK(inputs[k] == caption[static_cast<std::size_t>(t)]);
        CHECK(targets[k] == caption[static_cast<std::size_t>(t + 1)]);
      }
    }
  }
}

TEST_CASE("data loader: the order is a function of seed and epoch") {
  const Opened opened;
  const auto rows = [&](std::uint64_t seed, std::int64_t epoch, bool shuffle = true) {
    DataLoader loader(opened.split, 0, {.batch = 10, .shuffle = shuffle, .seed = seed});
    return epoch_rows(loader, epoch);
  };
  CHECK(rows(1, 1) == rows(1, 1));
  CHECK(rows(1, 1) != rows(1, 2));
  CHECK(rows(1, 1) != rows(2, 1));
  CHECK(rows(1, 1, false) == rows(2, 5, false));
  DataLoader loader(opened.split, 0, {.batch = 10, .shuffle = true, .seed = 1});
  epoch_rows(loader, 1);
  CHECK(epoch_rows(loader, 2) == rows(1, 2));
  CHECK(epoch_rows(loader, 1) == rows(1, 1));
}

TEST_CASE("data loader: drop_last and limit") {
  const Opened opened;
  std::vector<std::int64_t> sizes;
  DataLoader dropping(opened.split, 0, {.batch = 7, .shuffle = true, .drop_last = true});
  CHECK(epoch_rows(dropping, 1, &sizes).size() == 42);
  CHECK(sizes == std::vector<std::int64_t>(6, 7));
  CHECK(dropping.captions() == 42);

  DataLoader limited(opened.split, 0, {.batch = 7, .shuffle = true, .limit = 10});
  CHECK(sorted(epoch_rows(limited, 1)) == first(10));
  CHECK(limited.batches() == 2);
  DataLoader beyond(opened.split, 0, {.batch = 7, .limit = 1000});
  CHECK(beyond.captions() == 48);
  CHECK(lacks(error_of([&] { DataLoader(opened.split, 0, {.batch = 50, .drop_last = true}); }),
              {"48 captions", "no full batch of 50"}) == "");
  CHECK(lacks(error_of([&] { DataLoader(opened.split, 0, {.batch = 0}); }), {"at least 1 caption"}) == "");
}

TEST_CASE("data loader: so many captions of each image") {
  const Opened opened;
  const auto images = [&](const Rows& rows) {
    std::set<std::int32_t> different;
    for (const auto row : rows) different.insert(opened.split.image_idxs[static_cast<std::size_t>(row)]);
    return different.size();
  };
  DataLoader one(opened.split, 0, {.batch = 7, .shuffle = true, .captions_per_image = 1});
  const Rows rows = epoch_rows(one, 1);
  CHECK(rows.size() == 24);
  CHECK(images(rows) == 24);
  DataLoader limited(opened.split, 0, {.batch = 7, .captions_per_image = 1, .limit = 10});
  CHECK(images(epoch_rows(limited, 1)) == 10);
  DataLoader both(opened.split, 0, {.batch = 7, .captions_per_image = 2});
  CHECK(sorted(epoch_rows(both, 1)) == first(48));
}

TEST_CASE("data loader: some captions of each image are drawn for each epoch") {
  Opened opened;
  auto& split = const_cast<CaptionSplit&>(opened.split);  // to be changed
  for (std::size_t row = 0; row < 48; ++row)  // of images 0 to 7: six each, but of the last one only four
    split.image_idxs[row] = static_cast<std::int32_t>(row < 46 ? row / 6 : row - 38);
  for (const std::int64_t sampled : {1, 2, 5, 6, 9})
    for (const bool grouped : {false, true}) {
      INFO(sampled << (grouped ? " grouped" : ""));
      DataLoader loader(
          split, 0,
          {.batch = 5, .shuffle = true, .group_captions = grouped, .seed = 3, .captions_sampled = sampled});
      const std::int64_t of_seven = 7 * std::min<std::int64_t>(sampled, 6);
      const std::int64_t count =
          of_seven + std::min<std::int64_t>(sampled, 4) + 2;  // images 8 and 9: one each
      CHECK(loader.captions() == count);
      CHECK(loader.batches() == (count + 4) / 5);
      std::set<std::int64_t> seen;
      std::vector<Rows> epochs;
      for (std::int64_t epoch = 1; epoch <= 40; ++epoch) {
        epochs.push_back(epoch_rows(loader, epoch));
        CHECK(static_cast<std::int64_t>(epochs.back().size()) == count);
        std::vector<std::int64_t> of_images(24, 0);
        std::set<std::int64_t> different;
        for (const auto row : epochs.back()) {
          ++of_images[static_cast<std::size_t>(split.image_idxs[static_cast<std::size_t>(row)])];
          different.insert(row);
        }
        CHECK(static_cast<std::int64_t>(different.size()) == count);
        for (std::size_t image = 0; image < 7; ++image)
          CHECK(of_images[image] == std::min<std::int64_t>(sampled, 6));
        seen.insert(different.begin(), different.end());
      }
      CHECK(seen.size() == 48);  // in time all captions come
      CHECK(epoch_rows(loader, 2) == epochs[1]);
      if (sampled < 6) CHECK(sorted(epochs[0]) != sorted(epochs[1]));
    }
  DataLoader all(split, 0, {.batch = 5, .shuffle = true, .seed = 3});
  DataLoader many(split, 0,
                  {.batch = 5, .shuffle = true, .drop_last = true, .seed = 3, .captions_sampled = 9});
  CHECK(all.captions() == 48);
  CHECK(many.captions() == 45);
}

TEST_CASE("data loader: started anew in the middle of an epoch, or given up there") {
  const Opened opened;
  for (int taken = 0; taken < 6; ++taken) {
    DataLoader loader(opened.split, 0, {.batch = 5, .shuffle = true, .seed = 1, .read_ahead = 2});
    loader.start(1);
    for (int i = 0; i < taken; ++i) REQUIRE(loader.next() != nullptr);
    CHECK(sorted(epoch_rows(loader, 2)) == first(48));
    loader.start(3);
    for (int i = 0; i < taken; ++i) REQUIRE(loader.next() != nullptr);
  }  // destroyed while its thread waits for room or reads
  DataLoader never_started(opened.split, 0, {});
  CHECK(never_started.next() == nullptr);
}

TEST_CASE("data loader: an error of the reading thread arrives in next(), after the batches before it") {
  const Opened opened;
  const TemporaryDirectory folder;
  OddDataset features{"features", OddType::float32, {24, 8}, std::vector<double>(24 * 8, 1)};
  features.values[20 * 8 + 3] = std::nan("");  // an image of captions 40 and 41
  write_odd_hdf5(folder.file("nan.h5"), {features});
  const CaptionSplit split{.images = open_image_set(folder.file("nan.h5"), "train"),
                           .captions = opened.split.captions,
                           .image_idxs = opened.split.image_idxs,
                           .length = opened.split.length};
  DataLoader loader(split, 0, {.batch = 10});
  for (int epoch = 1; epoch <= 2; ++epoch) {
    loader.start(epoch);
    for (int i = 0; i < 4; ++i) REQUIRE(loader.next() != nullptr);
    for (int again = 0; again < 2; ++again)
      CHECK(lacks(error_of([&] { loader.next(); }), {"nan.h5", "features", "row 20"}) == "");
  }
}

TEST_CASE("data loader: batches are on the consumer's device, with features of the type asked for") {
  const Opened opened;
  on_every_target([&](const Target& target) {
    DataLoader plain(opened.split, 0, {.batch = 7, .shuffle = true, .seed = 2, .read_ahead = 2});
    DataLoader loader(opened.split, 0,
                      {.batch = 7, .shuffle = true, .seed = 2, .read_ahead = 2, .type = target.type},
                      target.stream);
    for (const std::int64_t epoch : {1, 2}) {
      plain.start(epoch);
      loader.start(epoch);
      while (const CaptionBatch* want = plain.next()) {
        const CaptionBatch* got = loader.next();
        REQUIRE(got != nullptr);
        CHECK(got->features.device() == target.device());
        CHECK(same_bits(got->features, want->features.to(target.type)));
        CHECK(same_bits(got->inputs, want->inputs));
        CHECK(same_bits(got->targets, want->targets));
        CHECK(same_bits(got->words, want->words));
        CHECK(same_bits(got->word_rows, want->word_rows));
        CHECK(got->images == want->images);
      }
      CHECK(loader.next() == nullptr);
    }
  });
}
