#include "io/vocabulary.h"

#include "io/atomic_file.h"
#include "tests/catch.h"
#include "tests/error_message.h"
#include "tests/temporary_directory.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

const std::vector<std::string> words{"<NULL>", "<START>", "<END>", "<UNK>",  "a",
                                     "man",    "on",      "horse", "größe\""};

std::string error(const std::string& json) {
  return error_of([&] { Vocabulary::from_json(json, "words.json"); });
}

}  // namespace

TEST_CASE("vocabulary: words and indices, through JSON and back") {
  const Vocabulary vocabulary(words);
  CHECK(vocabulary.size() == 9);
  CHECK(vocabulary.null() == 0);
  CHECK(vocabulary.start() == 1);
  CHECK(vocabulary.end() == 2);
  CHECK(vocabulary.unk() == 3);
  CHECK(vocabulary.word(5) == "man");
  CHECK(vocabulary.index("horse") == 7);
  CHECK(vocabulary.index("zebra") == 3);
  CHECK(vocabulary.contains("on"));
  CHECK_FALSE(vocabulary.contains("zebra"));
  CHECK(Vocabulary::from_json(vocabulary.to_json()) == vocabulary);
  CHECK(Vocabulary::from_json(R"({"idx_to_token": ["<END>", "<NULL>", "<START>"],
                                  "token_to_idx": {"<START>": 2, "<NULL>": 1, "<END>": 0}})")
            .start() == 2);
  CHECK(Vocabulary::from_json(R"({"idx_to_word": ["<END>", "<NULL>", "<START>"]})").unk() == -1);
}

TEST_CASE("vocabulary: captions as text and as tokens") {
  const Vocabulary vocabulary(words);
  CHECK(vocabulary.decode(std::vector<std::int32_t>{1, 4, 5, 6, 4, 3, 2, 7, 0}) == "a man on a <UNK>");
  CHECK(vocabulary.decode(std::vector<std::int32_t>{0, 1, 0, 7, 0}) == "horse");
  CHECK(vocabulary.decode({}) == "");
  CHECK(vocabulary.encode(" a  man rides a horse") == std::vector<std::int32_t>{1, 4, 5, 3, 4, 7, 2});
  CHECK(lacks(error_of([&] {
                vocabulary.decode(std::vector<std::int32_t>{4, 9});
              }),
              {"token 9", "9 words"}) == "");
  CHECK(lacks(error_of([&] { vocabulary.word(-1); }), {"token -1"}) == "");
  const Vocabulary small({"<NULL>", "<START>", "<END>"});
  CHECK(lacks(error_of([&] { small.index("dog"); }), {"\"dog\"", "no <UNK>"}) == "");
}

TEST_CASE("vocabulary: the first difference") {
  const Vocabulary vocabulary(words);
  auto other = words;
  other[5] = "dog";
  CHECK(vocabulary.difference(vocabulary).empty());
  CHECK(vocabulary.difference(Vocabulary(other)) == "word 5 is \"man\" here and \"dog\" there");
  CHECK_FALSE(vocabulary == Vocabulary(other));
  other = words;
  other.pop_back();
  CHECK(vocabulary.difference(Vocabulary(other)) == "there are 9 words here and 8 there");
}

TEST_CASE("vocabulary: bad files") {
  const std::string special = R"("<NULL>", "<START>", "<END>")";
  CHECK(lacks(error("{"), {"words.json is not valid JSON", "line 1"}) == "");
  CHECK(lacks(error("\xff\xfe{}"), {"words.json is not valid JSON"}) == "");
  CHECK(lacks(error("[1]"), {"words.json", "JSON object", "array"}) == "");
  CHECK(lacks(error(std::string(2'000'000, '[')), {"words.json is JSON of lists", "more than 100 deep"}) ==
        "");
  CHECK(lacks(error("{}"), {"no key idx_to_word"}) == "");
  CHECK(lacks(error(R"({"idx_to_word": {"0": "a"}})"), {"idx_to_word should be a list", "object"}) == "");
  CHECK(lacks(error(R"({"idx_to_word": [)" + special + ", 7]}"), {"idx_to_word[3]", "number"}) == "");
  CHECK(lacks(error(R"({"idx_to_word": ["<NULL>", "<END>"]})"), {"words.json has no word <START>"}) == "");
  CHECK(lacks(error(R"({"idx_to_word": []})"), {"no word <NULL> among its 0"}) == "");
  CHECK(lacks(error(R"({"idx_to_word": [)" + special + R"(, "a", "a"]})"),
              {"words 3 and 4 are both \"a\""}) == "");
  CHECK(lacks(error(R"({"idx_to_word": [)" + special + R"(, ""]})"), {"word 3 is empty"}) == "");
  const auto maps = [&](const std::string& map) {
    return error(R"({"idx_to_word": [)" + special + R"(], "word_to_idx": )" + map + "}");
  };
  CHECK(lacks(maps("[]"), {"word_to_idx should map", "array"}) == "");
  const std::string deep = std::string(1'000'000, '[') + std::string(1'000'000, ']');
  CHECK(lacks(maps("{\"<END>\": " + deep + "}"), {"more than 100 deep"}) == "");
  CHECK(lacks(maps(R"({"<NULL>": 0, "<START>": 1, "<END>": "2"})"),
              {"word_to_idx[\"<END>\"] should be an integer, but is \"2\""}) == "");
  CHECK(lacks(maps(R"({"<NULL>": 0, "<START>": 2, "<END>": 1})"), {"the two maps disagree"}) == "");
  CHECK(lacks(maps(R"({"<NULL>": 0, "<START>": 1, "<END>": 2, "a": 3})"),
              {"disagree", "gives 3 for \"a\"", "lacks the word"}) == "");
  CHECK(lacks(maps(R"({"<NULL>": 0, "<START>": 1})"), {"disagree", "idx_to_word[2] is \"<END>\""}) == "");

  const TemporaryDirectory folder;
  CHECK(lacks(error_of([&] { Vocabulary::load(folder.file("none.json")); }), {"none.json", "No such file"}) ==
        "");
  write_file_atomically(folder.file("v.json"), Vocabulary(words).to_json());
  CHECK(Vocabulary::load(folder.file("v.json")) == Vocabulary(words));
}

TEST_CASE("vocabulary: from the uses of words") {
  const std::map<std::string, std::int64_t> uses{{"cat", 3}, {"a", 9}, {"dog", 3}, {"bird", 2}, {"zebra", 3}};
  CHECK(Vocabulary::from_uses(uses, 3).words() ==
        std::vector<std::string>{"<NULL>", "<START>", "<END>", "<UNK>", "a", "cat", "dog", "zebra"});
  CHECK(Vocabulary::from_uses(uses).size() == 9);
  CHECK(Vocabulary::from_uses(uses).word(8) == "bird");
  CHECK(Vocabulary::from_uses({}, 5).size() == 4);
}
