// Rewards of captions against the scores of their texts.
#include "models/caption_rewards.h"

#include "models/caption_scores.h"
#include "tests/devices.h"
#include "tests/error_message.h"
#include "tests/models/data_fixture.h"
#include "tests/models/relative_error.h"

using namespace dlcore;
using namespace dlcore::test;

TEST_CASE("caption rewards: CIDEr-D and BLEU-4 with <END> as a word") {
  const TinyDataFile file;
  const CaptionData data = file.open();
  const CaptionSplit& split = data.split("train");
  const Vocabulary& vocabulary = data.vocabulary();
  const auto images = static_cast<std::size_t>(split.images.count());
  std::vector<std::vector<std::string>> references(images);
  for (std::int64_t row = 0; row < split.count(); ++row)
    references[static_cast<std::size_t>(split.image_idxs[static_cast<std::size_t>(row)])].push_back(
        vocabulary.decode(split.caption(row)) + " .");
  const CaptionScorer scorer(references);

  constexpr double bleu4 = 0.75;
  CaptionRewards rewards(split, vocabulary, 0), both(split, vocabulary, bleu4);
  const std::int32_t end = vocabulary.end();
  double most_bleu = 0;
  for (const std::string& text :
       {std::string("a red"), std::string("the blue thing here"), std::string("the the green"),
        std::string("white"), vocabulary.decode(split.caption(1))})
    for (const bool ended : {true, false}) {
      INFO(text << (ended ? " <END>" : ""));
      std::vector<std::int32_t> words = vocabulary.encode(text);
      words.erase(words.begin());
      if (!ended) words.pop_back();
      CHECK((words.back() == end) == ended);
      std::vector<std::int32_t> numbers;
      for (std::size_t i = 0; i < images; ++i) numbers.push_back(static_cast<std::int32_t>(i));
      const std::vector<double> got = rewards(numbers, std::vector(images, words));
      const std::vector<double> sums = both(numbers, std::vector(images, words));
      const ScoredCaptions want = scorer(std::vector<std::string>(images, text + (ended ? " ." : "")));
      double most = 0;
      for (std::size_t i = 0; i < images; ++i) {
        CHECK(std::abs(got[i] - want.images[i].cider) <= 1e-12);
        CHECK(std::abs(sums[i] - got[i] - bleu4 * want.images[i].bleu[3]) <= 1e-12);
        most = std::max(most, got[i]);
        most_bleu = std::max(most_bleu, sums[i] - got[i]);
      }
      CHECK(most > 0.1);  // not all of them are 0
    }
  CHECK(most_bleu > 0.5);
  CHECK(rewards({}, {}).empty());
  // <UNK> is like no word of a reference, and costs what another word would.
  const std::vector<std::int32_t> unknown{vocabulary.unk(), vocabulary.unk()};
  CHECK(rewards(std::vector<std::int32_t>{3}, std::vector<std::vector<std::int32_t>>{unknown})[0] == 0);
  CHECK(rewards(std::vector<std::int32_t>{3}, std::vector<std::vector<std::int32_t>>{{}})[0] == 0);
}

TEST_CASE("caption rewards: images whose captions are not together, and one without") {
  const TinyDataFile file;
  CaptionData data = file.open();
  auto& split = const_cast<CaptionSplit&>(data.split("train"));     // to be changed
  const std::vector<std::vector<std::int32_t>> caption{{4, 8, 2}};  // a red <END>
  const double before = CaptionRewards(split, data.vocabulary(), 0)(std::vector<std::int32_t>{4}, caption)[0];
  // The same captions, the last row first.
  std::reverse(split.image_idxs.begin(), split.image_idxs.end());
  std::vector<std::int32_t> captions;
  for (std::int64_t row = split.count() - 1; row >= 0; --row) {
    const auto own = split.caption(row);
    captions.insert(captions.end(), own.begin(), own.end());
  }
  split.captions = captions;
  CHECK(relative_error(CaptionRewards(split, data.vocabulary(), 0)(std::vector<std::int32_t>{4}, caption)[0],
                       before) <= 1e-12);
  for (auto& image : split.image_idxs) image = image == 7 ? 8 : image;
  CaptionRewards rewards(split, data.vocabulary(), 0);
  CHECK(lacks(error_of([&] { rewards(std::vector<std::int32_t>{7}, caption); }),
              {"image 7", "no captions"}) == "");
}
