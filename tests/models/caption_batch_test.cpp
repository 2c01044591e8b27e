// Packing of captions into batches, and the exchange of images.
#include "models/caption_batch.h"

#include <algorithm>

#include "core/random.h"
#include "tests/catch.h"
#include "tests/error_message.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

using Tokens = std::vector<std::int32_t>;
using Rows = std::vector<std::int64_t>;

PackedOrder pack(const std::vector<Tokens>& captions) {
  std::vector<std::span<const std::int32_t>> spans(captions.begin(), captions.end());
  return pack_captions(spans, 0);
}

}  // namespace

TEST_CASE("caption batch: sorted by falling length, equal ones as given, padding left out") {
  const PackedOrder packed = pack({{1, 5, 2, 0, 0}, {1, 6, 7, 8, 2}, {1, 7, 2, 0, 0}, {1, 2, 0, 0, 0}});
  CHECK(packed.order == Rows{1, 0, 2, 3});
  CHECK(packed.packing.batch() == 4);
  CHECK(packed.packing.steps() == 4);
  CHECK(packed.packing.tokens() == 4 + 2 + 2 + 1);
  CHECK(packed.packing.size(0) == 4);
  CHECK(packed.packing.size(1) == 3);
  CHECK(packed.packing.size(2) == 1);
}

TEST_CASE("caption batch: inputs and targets, time-major") {
  const Tokens captions{1, 5, 2, 0, 1, 6, 7, 2};
  const Tensor features = Tensor::from(std::vector<float>{10, 11, 20, 21}, {2, 2});
  const CaptionBatch batch = make_caption_batch(captions, 4, features, 0);
  CHECK(batch.count() == 2);
  CHECK(batch.rows == Rows{1, 0});
  CHECK(batch.images == Tokens{1, 0});
  CHECK(batch.inputs.to_vector<std::int32_t>() == Tokens{1, 1, 6, 5, 7});
  CHECK(batch.targets.to_vector<std::int32_t>() == Tokens{6, 5, 7, 2, 2});
  CHECK(batch.words.to_vector<std::int32_t>() == Tokens{1, 5, 6, 7});
  CHECK(batch.word_rows.to_vector<std::int32_t>() == Tokens{0, 0, 2, 1, 3});
  CHECK(batch.features.to_vector<float>() == std::vector<float>{20, 21, 10, 11});
}

TEST_CASE("caption batch: <NULL> in the middle stays, one without <END> goes to its last word") {
  CHECK(pack({{1, 5, 0, 6, 2, 0}}).packing.tokens() == 4);
  CHECK(pack({{1, 5, 6, 7, 8, 9}}).packing.tokens() == 5);
  CHECK(pack({{1, 0, 0}, {0, 0, 0}, {1}}).packing.tokens() == 0);
  CHECK(pack({{1, 0, 0}, {1, 2, 0}}).order == Rows{1, 0});
  CHECK(pack({}).packing.batch() == 0);
}

TEST_CASE("caption batch: as many captions as feature rows") {
  const Tensor features = Tensor::zeros({2, 3}, DType::float32);
  CHECK(lacks(error_of([&] {
                make_caption_batch(Tokens{1, 2, 0}, 3, features, 0);
              }),
              {"2 feature rows", "[N=2, T=3]", "3 tokens"}) == "");
}

TEST_CASE("caption batch: every caption gets another image, each is used as often as before") {
  Random random(1);
  int possible = 0;
  for (int round = 0; round < 500; ++round) {
    Tokens images(static_cast<std::size_t>(1 + random.below(12)));
    const std::int64_t kinds = 1 + random.below(6);
    for (auto& image : images) image = static_cast<std::int32_t>(random.below(kinds));
    std::size_t largest = 0;
    for (const auto image : images)
      largest = std::max(largest, static_cast<std::size_t>(std::count(images.begin(), images.end(), image)));
    const std::vector<std::int32_t> other = exchange_images(images);
    if (2 * largest > images.size()) {
      CHECK(other.empty());
      continue;
    }
    ++possible;
    REQUIRE(other.size() == images.size());
    std::vector<bool> used(images.size());
    for (std::size_t r = 0; r < other.size(); ++r) {
      const auto from = static_cast<std::size_t>(other[r]);
      REQUIRE(from < images.size());
      CHECK(images[from] != images[r]);
      used[from] = true;
    }
    CHECK(std::count(used.begin(), used.end(), false) == 0);
  }
  CHECK(possible > 100);
  CHECK(exchange_images({}).empty());
}
