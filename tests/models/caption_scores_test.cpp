// Against pycocoevalcap's own numbers: tests/golden/make_caption_scores.py and golden_cases.json.
#include "models/caption_scores.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "core/cpu.h"
#include "io/atomic_file.h"
#include "io/caption_tokens.h"
#include "io/json_text.h"
#include "tests/catch.h"
#include "tests/error_message.h"
#include "tests/golden_cases.h"
#include "tests/models/coco_captions.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

using References = std::vector<std::vector<std::string>>;

const nlohmann::json& golden() {
  static const nlohmann::json cases =
      parse_json(read_file(DLCORE_TEST_GOLDEN "/caption_scores.json"), "caption_scores.json");
  return cases;
}

References tokenized(const CaptionTokenizer& tokenize, const References& references) {
  std::vector<std::string> all;
  for (const auto& own : references) all.insert(all.end(), own.begin(), own.end());
  all = tokenize(all);
  References result = references;
  auto next = all.begin();
  for (auto& own : result)
    for (std::string& each : own) each = *next++;
  return result;
}

// The largest difference from six numbers in the file's order.
double difference(const CaptionScores& scores, const nlohmann::json& expected) {
  const double own[] = {scores.bleu[0], scores.bleu[1], scores.bleu[2],
                        scores.bleu[3], scores.rouge_l, scores.cider};
  REQUIRE(expected.size() == std::size(own));
  double largest = 0;
  for (std::size_t k = 0; k < std::size(own); ++k)
    largest = std::max(largest, std::abs(own[k] - expected[k].get<double>()));
  return largest;
}

}  // namespace

TEST_CASE("caption scores: captions that are awkward to score") {
  const CaptionTokenizer tokenize;
  REQUIRE(golden().at("corpora").size() == 8);
  for (const auto& corpus : golden().at("corpora")) {
    INFO(corpus.at("name"));
    std::vector<std::string> captions;
    References references;
    for (const auto& image : corpus.at("images")) {
      captions.push_back(image.at("caption"));
      references.push_back(image.at("references"));
    }
    const CaptionScorer scorer(tokenized(tokenize, references));
    const ScoredCaptions scored = scorer(tokenize(captions));
    CHECK(difference(scored.corpus, corpus.at("corpus")) < golden_limit);
    REQUIRE(scored.images.size() == captions.size());
    for (std::size_t i = 0; i < captions.size(); ++i) {
      INFO(captions[i]);
      CHECK(difference(scored.images[i], corpus.at("images")[i].at("scores")) < golden_limit);
    }
  }
}

TEST_CASE("caption scores: the course's corpus of five images") {
  const nlohmann::json& expected = golden_case("caption_metrics");
  std::vector<std::string> captions;
  References references;
  for (const auto& [image, own] : expected.at("refs").items()) {
    references.push_back(own);
    captions.push_back(expected.at("hyp").at(image)[0]);
  }
  const ScoredCaptions scored = CaptionScorer(references)(captions);
  for (std::size_t n = 0; n < 4; ++n) {
    CHECK(std::abs(scored.corpus.bleu[n] - expected.at("BLEU_1..4")[n].get<double>()) < golden_limit);
    for (std::size_t i = 0; i < captions.size(); ++i)
      CHECK(std::abs(scored.images[i].bleu[n] - expected.at("BLEU_per_image")[n][i].get<double>()) <
            golden_limit);
  }
  CHECK(std::abs(scored.corpus.rouge_l - expected.at("ROUGE_L").get<double>()) < golden_limit);
  CHECK(std::abs(scored.corpus.cider - expected.at("CIDEr").get<double>()) < golden_limit);
  for (std::size_t i = 0; i < captions.size(); ++i) {
    CHECK(std::abs(scored.images[i].rouge_l - expected.at("ROUGE_L_per_image")[i].get<double>()) <
          golden_limit);
    CHECK(std::abs(scored.images[i].cider - expected.at("CIDEr_per_image")[i].get<double>()) < golden_limit);
  }
}

TEST_CASE("caption scores: 2,000 captions of COCO, each against the others of its image") {
  const auto coco = read_coco_captions();
  if (!coco) DLCORE_SKIP("there is no " + coco_captions_path);
  const CaptionTokenizer tokenize;
  const CaptionScorer scorer(tokenized(tokenize, coco->references));
  const std::vector<std::string> words = tokenize(coco->captions);
  const ScoredCaptions scored = scorer(words);
  const nlohmann::json& expected = golden().at("coco");
  CHECK(difference(scored.corpus, expected.at("corpus")) < golden_limit);
  double largest = 0;
  for (std::size_t i = 0; i < scored.images.size(); ++i)
    largest = std::max(largest, difference(scored.images[i], expected.at("images")[i]));
  CHECK(largest < 6e-10);  // the file has nine decimals
  CHECK(scored.cider_exchanged < 0.2 * scored.corpus.cider);

  // The same from the same scorer, whatever the number of threads.
  const int before = cpu_threads();
  for (const int threads : {1, 3}) {
    set_cpu_threads(threads);
    const ScoredCaptions again = scorer(words);
    CHECK(again.corpus.bleu == scored.corpus.bleu);
    CHECK(again.corpus.rouge_l == scored.corpus.rouge_l);
    CHECK(again.corpus.cider == scored.corpus.cider);
    CHECK(again.cider_exchanged == scored.cider_exchanged);
  }
  set_cpu_threads(before);
}

TEST_CASE("caption scores: what they are by hand") {
  const CaptionScorer scorer(References{{"a b c d", "a x"}, {"b b"}});
  const ScoredCaptions scored = scorer(std::vector<std::string>{"a b x", "c"});
  // Closest in length to 3: 4 and 2 are as far, so 2. Words 3 of 3, pairs 1 of 2, no triple.
  CHECK(std::abs(scored.images[0].bleu[0] - 1) < 1e-8);
  CHECK(std::abs(scored.images[0].bleu[1] - std::sqrt(0.5)) < 1e-8);
  // "a b" of 3 and of 4 words, "a x" of 3 and of 2.
  const double precision = 2.0 / 3;
  const double recall = 1;
  CHECK(std::abs(scored.images[0].rouge_l - 2.44 * precision * recall / (recall + 1.44 * precision)) < 1e-12);
  // Image 1 has no word of the caption; one word against two is exp(1 - 2).
  CHECK(scored.images[1].rouge_l == 0);
  CHECK(scored.images[1].cider == 0);
  CHECK(std::abs(scored.corpus.rouge_l - scored.images[0].rouge_l / 2) < 1e-15);
  CHECK(std::abs(scored.corpus.cider - scored.images[0].cider / 2) < 1e-15);
}

TEST_CASE("caption scores: images exchanged") {
  const std::vector<std::string> captions{"a red dog runs fast", "two cats sleep here now",
                                          "one big blue bus there"};
  const CaptionScorer scorer(References{{captions[0]}, {captions[1]}, {captions[2]}});
  CHECK(std::abs(scorer(captions).corpus.cider - 10) < 1e-12);
  CHECK(scorer(captions).cider_exchanged == 0);
  const std::vector<std::string> turned{captions[2], captions[0], captions[1]};
  CHECK(scorer(turned).corpus.cider == 0);
  CHECK(std::abs(scorer(turned).cider_exchanged - 10) < 1e-12);
  CHECK(std::isnan(CaptionScorer(References{{"a"}})(std::vector<std::string>{"a"}).cider_exchanged));
}

TEST_CASE("caption scores: references without words") {
  const ScoredCaptions scored =
      CaptionScorer(References{{""}, {"", ""}})(std::vector<std::string>{"a dog", ""});
  CHECK(scored.corpus.bleu[0] < 1e-9);
  CHECK(scored.images[0].rouge_l == 0);
  CHECK(scored.images[1].rouge_l == 1);  // an empty caption is one token, and the same one
  CHECK(scored.corpus.cider == 0);
  CHECK(scored.cider_exchanged == 0);
}

TEST_CASE("caption scores: wrong use") {
  CHECK(lacks(error_of([] { CaptionScorer{References{}}; }), {"no images"}) == "");
  CHECK(lacks(error_of([] {
                CaptionScorer{References{{"a"}, {}}};
              }),
              {"image 1 of 2", "no references"}) == "");
  const CaptionScorer scorer(References{{"a"}, {"b"}});
  CHECK(lacks(error_of([&] { scorer(std::vector<std::string>{"a"}); }), {"1 of them for 2 images"}) == "");
}
