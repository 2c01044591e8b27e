// Captions that agree with those of similar images, against sums over all images in plain double.
#include "models/caption_consensus.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "models/caption_rewards.h"
#include "tests/devices.h"
#include "tests/models/data_fixture.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

// Features of images by their rows, as a file would give them.
SimilarImages::FeaturesOf rows_of(const Tensor& features) {
  return [features](std::span<const std::int64_t> rows) {
    const std::int64_t D = features.size(1);
    Tensor result({static_cast<std::int64_t>(rows.size()), D}, DType::float32);
    float* place = result.data<float>();
    for (const std::int64_t row : rows) place = std::copy_n(features.data<float>() + row * D, D, place);
    return result;
  };
}

Tensor normal_features(std::int64_t n, std::int64_t D, std::uint64_t seed) {
  return Tensor::from(draw(n * D, seed), {n, D}).to(DType::float32);
}

// The means over the positions of a row's C x P features.
std::vector<double> means(const Tensor& features, std::int64_t row, std::int64_t C) {
  const std::int64_t D = features.size(1), P = D / C;
  std::vector<double> result;
  const float* value = features.data<float>() + row * D;
  for (std::int64_t c = 0; c < C; ++c, value += P)
    result.push_back(std::accumulate(value, value + P, 0.0) / static_cast<double>(P));
  return result;
}

double cosine(const std::vector<double>& a, const std::vector<double>& b) {
  const auto product = [](const auto& x, const auto& y) {
    return std::inner_product(x.begin(), x.end(), y.begin(), 0.0);
  };
  return product(a, b) / std::sqrt(product(a, a) * product(b, b));
}

CaptionSplit& writable(const CaptionData& data) {
  return const_cast<CaptionSplit&>(data.split("train"));
}

}  // namespace

TEST_CASE("similar images: the largest cosines, with shares by their exponentials") {
  on_every_target_of(DType::float32, [](const Target& target) {
    for (const Shape& shape : {Shape{7}, Shape{5, 2, 3}}) {
      const std::int64_t C = shape[0], D = shape.numel(), known = 150, n = 9, k = 11;
      const Tensor features = normal_features(known, D, 1), asked = normal_features(n, D, 2);
      std::vector<std::int64_t> rows;  // not all, and not in order
      for (std::int64_t row = known - 1; row >= 0; row -= 2) rows.push_back(row);
      const SimilarImages similar(shape, rows, rows_of(features), target.stream);
      const auto got = similar(asked, k);
      REQUIRE(got.size() == static_cast<std::size_t>(n));
      for (std::int64_t r = 0; r < n; ++r) {
        const auto& of_image = got[static_cast<std::size_t>(r)];
        const auto own = means(asked, r, C);
        std::vector<std::pair<double, std::int64_t>> want;
        for (const std::int64_t row : rows) want.emplace_back(-cosine(own, means(features, row, C)), row);
        std::sort(want.begin(), want.end());
        double sum = 0;
        for (std::size_t j = 0; j < static_cast<std::size_t>(k); ++j) sum += std::exp(-10 * want[j].first);
        REQUIRE(of_image.size() == static_cast<std::size_t>(k));
        for (std::size_t j = 0; j < of_image.size(); ++j) {
          CHECK(of_image[j].row == want[j].second);
          CHECK(std::abs(of_image[j].share - std::exp(-10 * want[j].first) / sum) <= 1e-5);
        }
        // Alone it has the same ones, to the last bit.
        const auto alone = similar(asked.rows(r, r + 1), k)[0];
        for (std::size_t j = 0; j < of_image.size(); ++j) {
          CHECK(alone[j].row == of_image[j].row);
          CHECK(alone[j].share == of_image[j].share);
        }
      }
      CHECK(similar(asked, 1000)[0].size() == rows.size());
      CHECK(similar(normal_features(0, D, 3), 3).empty());
    }
  });
}

TEST_CASE("similar images: equal ones, and features that say nothing") {
  const Tensor features = Tensor::from(std::vector<float>{2, 0, 0, 0, 1, 0, 0, 3}, {4, 2});
  const SimilarImages similar({2}, {0, 1, 2, 3}, rows_of(features), Stream());
  const auto got = similar(Tensor::from(std::vector<float>{0, 5, 0, 0}, {2, 2}), 4);
  // Of the same direction the first one first, whatever their lengths; all zero is like no image.
  std::vector<std::int64_t> rows;
  for (const auto& each : got[0]) rows.push_back(each.row);
  CHECK(rows == std::vector<std::int64_t>{3, 0, 1, 2});
  for (const auto& each : got[1]) CHECK(each.share == Approx(0.25));

  CHECK(lacks(error_of([&] {
                similar(Tensor::zeros({1, 3}, DType::float32), 1);
              }),
              {"2 x 1", "[1, 3]"}) == "");
  CHECK(lacks(error_of([&] {
                similar(Tensor::zeros({1, 2}, DType::float32), 0);
              }),
              {"1 or more", "not 0"}) == "");
  const float infinite = std::numeric_limits<float>::infinity();
  CHECK(lacks(error_of([&] {
                similar(Tensor::from(std::vector<float>{infinite, 0}, {1, 2}), 1);
              }),
              {"not finite"}) == "");
  CHECK(lacks(error_of([&] { SimilarImages({2}, {}, rows_of(features), Stream()); }), {"no images"}) == "");
}

TEST_CASE("consensus: agreement is the shares' mean of CIDEr-D") {
  const TinyDataFile file;
  const CaptionData data = file.open();
  CaptionSplit& split = writable(data);
  const Vocabulary& vocabulary = data.vocabulary();
  for (auto& image : split.image_idxs) image = image == 7 ? 8 : image;  // image 7 has no captions
  const Stream stream;
  const CaptionConsensus consensus(split, vocabulary, data.feature_shape(), stored_features(split), stream);
  CaptionRewards rewards(split, vocabulary, 0);
  std::vector<std::int64_t> rows;
  for (std::int64_t row = 0; row < split.images.count(); ++row)
    if (row != 7) rows.push_back(row);
  const SimilarImages similar(data.feature_shape(), rows, stored_features(split), stream);

  std::vector<std::vector<Caption>> drafts;
  std::vector<std::vector<std::int32_t>> ended;  // as the rewards take them
  for (const char* text :
       {"a red", "a green", "the blue thing here", "a white", "white the the", "a white"}) {
    auto words = vocabulary.encode(text);
    words.erase(words.begin());
    ended.push_back(words);
    words.pop_back();
    Caption caption{
        .words = words, .log_probabilities = std::vector<double>(words.size() + 1, -1), .score = -1};
    if (ended.size() == 6) {  // stopped by max_length
      caption.log_probabilities.pop_back();
      ended.back().pop_back();
    }
    drafts.resize(1);
    drafts[0].push_back(caption);
  }
  const std::int64_t n = 4, k = 5;
  const Tensor features({n, data.feature_size()}, DType::float32);
  data.split("val").images.features.read(std::vector<std::int64_t>{0, 1, 2, 3}, features.data<float>());
  auto captions = std::vector(static_cast<std::size_t>(n), drafts[0]);
  consensus.order(features, k, captions);
  const auto neighbors = similar(features, k);
  for (std::size_t i = 0; i < captions.size(); ++i) {
    std::vector<std::pair<double, std::size_t>> want;
    for (std::size_t c = 0; c < ended.size(); ++c) {
      double agreement = 0;
      for (const auto& [row, share] : neighbors[i])
        agreement += share * rewards(std::vector<std::int32_t>{static_cast<std::int32_t>(row)},
                                     std::vector<std::vector<std::int32_t>>{ended[c]})[0];
      want.emplace_back(-agreement, c);
    }
    std::sort(want.begin(), want.end());
    REQUIRE(captions[i].size() == want.size());
    for (std::size_t c = 0; c < want.size(); ++c) {
      CHECK(captions[i][c].words == drafts[0][want[c].second].words);
      CHECK(captions[i][c].log_probabilities == drafts[0][want[c].second].log_probabilities);
      CHECK(std::abs(captions[i][c].score + want[c].first) <= 1e-12);
    }
    // The colour is what is right about it: images of it are the most similar ones.
    CHECK(captions[i][0].score > 1);
    CHECK(captions[i][0].words.size() + 1 == captions[i][0].log_probabilities.size());
    CHECK(
        contains(vocabulary.decode(captions[i][0].words), vocabulary.word(static_cast<std::int32_t>(8 + i))));
  }
  CHECK(lacks(error_of([&] { consensus.order(features, k, std::span(captions).first(3)); }),
              {"3 images", "of 4"}) == "");
}

TEST_CASE("consensus: of the beam's hypotheses, and of drawn captions") {
  on_every_target_of(DType::float32, [](const Target& target) {
    const TinyDataFile file;
    const CaptionData data = file.open();
    const CaptionSplit& split = data.split("train");
    CaptioningRNN captioner({.cell = "lstm",
                             .feature_shape = data.feature_shape(),
                             .vocabulary_size = data.vocabulary().size(),
                             .wordvec_dim = 6,
                             .hidden_dim = 9},
                            target.type, target.device());
    captioner.initialize(3);
    const CaptionConsensus consensus(split, data.vocabulary(), data.feature_shape(), stored_features(split),
                                     target.stream);
    const Tensor features({8, data.feature_size()}, DType::float32);
    data.split("val").images.features.read(std::vector<std::int64_t>{0, 1, 2, 3, 4, 5, 6, 7},
                                           features.data<float>());
    const std::vector<std::uint64_t> keys{1, 2, 3, 4, 5, 6, 7, 8};
    for (const DecodeOptions& options :
         {DecodeOptions{.max_length = 5, .n_best = 2, .beam = 6},
          DecodeOptions{.max_length = 5, .n_best = 4, .sample = true, .seed = 9}}) {
      const auto chosen = consensus.decode(captioner, target.stream, features, options, keys, 4);
      DecodeOptions all = options;
      if (!all.sample) all.n_best = all.beam;
      auto want = captioner.decode(target.stream, features.to(target.device()), all, keys);
      consensus.order(features, 4, want);
      REQUIRE(chosen.size() == want.size());
      bool others = false;  // than the model's own choice
      const auto by_model = captioner.decode(target.stream, features.to(target.device()), options, keys);
      for (std::size_t i = 0; i < want.size(); ++i) {
        REQUIRE(chosen[i].size() == static_cast<std::size_t>(options.n_best));
        for (std::size_t c = 0; c < chosen[i].size(); ++c) {
          CHECK(chosen[i][c].words == want[i][c].words);
          CHECK(chosen[i][c].score == want[i][c].score);
          others = others || chosen[i][c].words != by_model[i][c].words;
        }
        const auto row = static_cast<std::int64_t>(i);
        const auto alone = consensus.decode(captioner, target.stream, features.rows(row, row + 1), options,
                                            std::span(keys).subspan(i, 1), 4);
        CHECK(alone[0][0].words == chosen[i][0].words);
        CHECK(alone[0][0].score == chosen[i][0].score);
      }
      CHECK(others);
    }
    CHECK(lacks(error_of([&] { consensus.decode(captioner, target.stream, features, {}, keys, 4); }),
                {"one caption to choose from"}) == "");
  });
}
