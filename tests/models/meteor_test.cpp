// Against METEOR 1.5 itself: tests/golden/make_caption_meteor.py.
#include "models/meteor.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "core/cpu.h"
#include "io/atomic_file.h"
#include "io/caption_tokens.h"
#include "io/json_text.h"
#include "models/english_stemmer.h"
#include "models/word_alignment.h"
#include "tests/catch.h"
#include "tests/error_message.h"
#include "tests/golden_cases.h"
#include "tests/models/coco_captions.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

using Texts = std::vector<std::string>;
using References = std::vector<Texts>;

nlohmann::json golden_file(const std::string& name) {
  return parse_json(read_file(DLCORE_TEST_GOLDEN "/" + name), name);
}

const nlohmann::json& golden() {
  static const nlohmann::json cases = golden_file("caption_meteor.json");
  return cases;
}

// The captions and references as they are written are tokenised and scored in both ways of the file.
void check(const Texts& captions, const References& references, const nlohmann::json& expected,
           double limit) {
  const CaptionTokenizer tokenize;
  Texts all;
  for (const auto& own : references) all.insert(all.end(), own.begin(), own.end());
  all = tokenize(all);
  References words = references;
  auto next = all.begin();
  for (auto& own : words)
    for (std::string& each : own) each = *next++;
  for (const std::string way : {"plain", "listed"}) {
    INFO(way);
    const Texts function_words = way == "plain" ? Texts{} : golden().at("function_words").get<Texts>();
    const MeteorScores scores = meteor(tokenize(captions), words, function_words);
    CHECK(std::abs(scores.corpus - expected.at(way).at("corpus").get<double>()) < golden_limit);
    const auto& images = expected.at(way).at("images");
    REQUIRE(images.size() == scores.images.size());
    double largest = 0;
    for (std::size_t i = 0; i < images.size(); ++i)
      largest = std::max(largest, std::abs(scores.images[i] - images[i].get<double>()));
    CHECK(largest < limit);
  }
}

double meteor_of(const std::string& caption, const Texts& references, const Texts& function_words = {}) {
  return meteor(Texts{caption}, References{references}, function_words).images[0];
}

}  // namespace

TEST_CASE("meteor: captions that are awkward to score") {
  const nlohmann::json texts = golden_file("caption_scores.json");
  for (const auto& corpus : texts.at("corpora")) {
    INFO(corpus.at("name"));
    Texts captions;
    References references;
    for (const auto& image : corpus.at("images")) {
      captions.push_back(image.at("caption"));
      references.push_back(image.at("references"));
    }
    check(captions, references, golden().at("corpora").at(corpus.at("name").get<std::string>()),
          golden_limit);
  }
}

TEST_CASE("meteor: captions that can be aligned in many ways") {
  const auto& drawn = golden().at("alignment");
  check(drawn.at("captions"), drawn.at("references"), drawn, golden_limit);
}

TEST_CASE("meteor: 2,000 captions of COCO, each against the others of its image") {
  const auto coco = read_coco_captions();
  if (!coco) DLCORE_SKIP("there is no " + coco_captions_path);
  check(coco->captions, coco->references, golden().at("coco"), 6e-10);  // the file has nine decimals
}

TEST_CASE("meteor: what it is by hand") {
  const auto score = [](double precision, double recall, double chunks_per_pair) {
    return 1 / (0.15 / precision + 0.85 / recall) * (1 - 0.6 * std::pow(chunks_per_pair, 0.2));
  };
  CHECK(meteor_of("a dog runs", {"a cat", "a dog runs"}) == 1);
  // "a dog" in one chunk of two pairs.
  CHECK(std::abs(meteor_of("a dog sits", {"a dog runs here"}) - score(2.0 / 3, 2.0 / 4, 0.5)) < 1e-15);
  // "running" and "runs" have one stem, which counts 0.6; with "now" it is no longer one chunk of all words.
  CHECK(std::abs(meteor_of("a dog running", {"a dog runs"}) - 2.6 / 3) < 1e-15);
  CHECK(std::abs(meteor_of("a dog running now", {"a dog runs"}) - score(2.6 / 4, 2.6 / 3, 1.0 / 3)) < 1e-15);
  // A function word counts 0.25, others 0.75.
  CHECK(std::abs(meteor_of("a dog", {"a cat"}, {"a"}) - score(0.25, 0.25, 1)) < 1e-15);
  CHECK(std::abs(meteor_of("a dog", {"the dog"}, {"a", "the"}) - score(0.75, 0.75, 1)) < 1e-15);
  CHECK(meteor_of("a dog", {"two cats"}) == 0);
  CHECK(meteor_of("", {"two cats"}) == 0);
  CHECK(meteor_of("two cats", {""}) == 0);
  // The corpus: counts are summed, but for the chunk of a caption that is its reference.
  const MeteorScores scores = meteor(Texts{"a dog", "a b"}, References{{"a dog"}, {"b a"}});
  CHECK(scores.images[0] == 1);
  CHECK(std::abs(scores.images[1] - score(1, 1, 1)) < 1e-15);
  CHECK(std::abs(scores.corpus - score(1, 1, 2.0 / 4)) < 1e-15);
}

TEST_CASE("meteor: the same whatever the number of threads") {
  const auto& drawn = golden().at("alignment");
  const Texts captions = drawn.at("captions");
  const References references = drawn.at("references");
  Texts many;
  References theirs;
  for (int k = 0; k < 3; ++k) {
    many.insert(many.end(), captions.begin(), captions.end());
    theirs.insert(theirs.end(), references.begin(), references.end());
  }
  const int before = cpu_threads();
  set_cpu_threads(1);
  const MeteorScores alone = meteor(many, theirs);
  set_cpu_threads(3);
  const MeteorScores together = meteor(many, theirs);
  set_cpu_threads(before);
  CHECK(alone.images == together.images);
  CHECK(alone.corpus == together.corpus);
}

TEST_CASE("meteor: wrong use") {
  CHECK(lacks(error_of([] {
                meteor(Texts{"a"}, References{{"a"}, {"b"}});
              }),
              {"1 of them for 2 images"}) == "");
  CHECK(lacks(error_of([] {
                meteor(Texts{"a", "b"}, References{{"a"}, {}});
              }),
              {"image 1 of 2 has none"}) == "");
  std::string words = "a";
  for (int i = 1; i < 500; ++i) words += " a";
  CHECK(meteor_of(words, {words}) == 1);
  CHECK(lacks(error_of([&] { meteor_of("a", {words + " a"}); }), {"up to 500 words", "one of 501"}) == "");
}

TEST_CASE("word alignment: equal words before equal stems, fewer chunks, smaller distances") {
  const auto align = [](std::vector<StemmedWord> caption, std::vector<StemmedWord> reference) {
    return align_words(caption, reference);
  };
  using Alignment = std::vector<std::int32_t>;
  const StemmedWord a{0, 0}, b{1, 1}, c{2, 2}, runs{3, 3}, running{4, 3};
  CHECK(align({a, b}, {b, c}) == Alignment{1, -1});
  CHECK(align({running, runs}, {runs, c}) == Alignment{1, -1});
  CHECK(align({running}, {runs}) == Alignment{0});
  // The second a of the caption stands before b, as in the reference.
  CHECK(align({a, c, a, b}, {a, b}) == Alignment{2, 3});
  CHECK(align({}, {a}) == Alignment{-1});
  CHECK(align({a}, {}).empty());
  CHECK(count_chunks(Alignment{2, 3, -1, 4, 0}) == 3);
  CHECK(count_chunks(Alignment{-1, -1}) == 0);
  CHECK(count_chunks(Alignment{5, 4}) == 2);
}

TEST_CASE("english stemmer: stems of Snowball's algorithm") {
  const EnglishStemmer stem;
  CHECK(stem("riding") == "ride");
  CHECK(stem("rides") == "ride");
  CHECK(stem("skis") == "ski");
  CHECK(stem("motorcycles") == "motorcycl");
  CHECK(stem("happily") == "happili");
  CHECK(stem("dying") == "die");  // one of its exceptions
  CHECK(stem("dog's") == "dog");
  CHECK(stem("日本") == "日本");
  CHECK(stem("").empty());
}
