// Against pycocoevalcap's own output: tests/golden/make_caption_tokens.py.
#include "io/caption_tokens.h"

#include <filesystem>
#include <nlohmann/json.hpp>
#include <thread>

#include "core/cpu.h"
#include "io/atomic_file.h"
#include "io/json_text.h"
#include "tests/catch.h"

using namespace dlcore;

namespace {

const nlohmann::json& golden() {
  static const nlohmann::json cases =
      parse_json(read_file(DLCORE_TEST_GOLDEN "/caption_tokens.json"), "caption_tokens.json");
  return cases;
}

// FNV-1a
std::uint64_t hash_of(const std::vector<std::string>& lines) {
  std::uint64_t hash = 0xCBF29CE484222325u;
  for (const std::string& line : lines)
    for (const char letter : line + "\n") hash = (hash ^ static_cast<unsigned char>(letter)) * 0x100000001B3u;
  return hash;
}

}  // namespace

TEST_CASE("caption tokens: awkward captions, each alone") {
  const CaptionTokenizer tokenize;
  REQUIRE(golden().at("alone").size() > 150);
  for (const auto& pair : golden().at("alone")) {
    INFO(pair[0]);
    CHECK(tokenize(pair[0].get<std::string>()) == pair[1].get<std::string>());
  }
}

TEST_CASE("caption tokens: awkward captions, together") {
  const CaptionTokenizer tokenize;
  std::vector<std::string> captions;
  for (const auto& pair : golden().at("together")) captions.push_back(pair[0]);
  REQUIRE(captions.size() > 350);
  const std::vector<std::string> words = tokenize(captions);
  REQUIRE(words.size() == captions.size());
  for (std::size_t i = 0; i < words.size(); ++i) {
    INFO(captions[i]);
    CHECK(words[i] == golden().at("together")[i][1].get<std::string>());
  }
  CHECK(tokenize(std::vector<std::string>{}).empty());
}

TEST_CASE("caption tokens: bytes that are no UTF-8, zeros, and line ends of all kinds") {
  const CaptionTokenizer tokenize;
  CHECK(tokenize("a \xFF\xC3 dog\xE2\x82") == "a dog");
  CHECK(tokenize("a\xC0\x80 b\xED\xA0\x80 c\xF4\x90\x80\x80") == "a b c");
  CHECK(tokenize(std::string("a\0b", 3)) == "a b");
  CHECK(tokenize("a\r\nb\rc\nd\ve\ff\xE2\x80\xA8g\xC2\x85h") == "a b c d e f g h");
  CHECK(tokenize(std::vector<std::string>{"a\nb", "c"}) == std::vector<std::string>{"a b", "c"});
  CHECK(tokenize(std::string(3000, '<')).size() == 3000 / 2 * 3 - 1);  // << << ...
}

TEST_CASE("caption tokens: from several threads") {
  const CaptionTokenizer tokenize;
  std::vector<std::thread> threads;
  std::vector<std::vector<std::string>> results(4);
  for (auto& result : results)
    threads.emplace_back([&] {
      for (const auto& pair : golden().at("alone")) result.push_back(tokenize(pair[0].get<std::string>()));
    });
  for (auto& thread : threads) thread.join();
  for (const auto& result : results) CHECK(result == results[0]);
}

TEST_CASE("caption tokens: the same from any number of threads") {
  const CaptionTokenizer tokenize;
  std::vector<std::string> captions;
  for (int i = 0; i < 10; ++i)
    for (const auto& pair : golden().at("together")) captions.push_back(pair[0]);
  const int before = cpu_threads();
  set_cpu_threads(1);
  const std::vector<std::string> expected = tokenize(captions);
  // A tag that begins in one caption and ends in the next, at a place where a thread's captions end.
  std::vector<std::string> divided = captions;
  divided[captions.size() / 2 - 1] = "a <a href=\"x y";
  divided[captions.size() / 2] = "z\"> dog.";
  const std::vector<std::string> expected_divided = tokenize(divided);
  CHECK(expected_divided[captions.size() / 2 - 1] == "a <a\u00A0href=\"x\u00A0y");
  CHECK(expected_divided[captions.size() / 2] == "z\"> dog");
  for (const int threads : {2, 4, 5}) {
    set_cpu_threads(threads);
    CHECK(tokenize(captions) == expected);
    CHECK(tokenize(divided) == expected_divided);
  }
  set_cpu_threads(before);
}

TEST_CASE("caption tokens: a word before a mark at the end") {
  const CaptionTokenizer tokenize;
  CHECK(tokenize("On the Beach.") == "on the beach");
  CHECK(tokenize("in Wash.") == "in wash.");
  CHECK(tokenize("in wash.") == "in wash");
  CHECK(tokenize("I cannot.") == "i can not");
  CHECK(tokenize("it, Gimme, x,") == "it gim me x");
  CHECK(tokenize("http://x\u00A0.") == "http://x\u00A0");
  CHECK(tokenize("http://x\u00A0") == "http://x");
}

TEST_CASE("caption tokens: words of a line") {
  CHECK(split_words("").empty());
  CHECK(split_words("a bc d") == std::vector<std::string_view>{"a", "bc", "d"});
}

TEST_CASE("caption tokens: every caption of COCO's validation set and of Flickr8k") {
  const std::string root = DLCORE_TEST_DATA;
  if (!std::filesystem::exists(root + "/coco")) DLCORE_SKIP("there is no " + root + "/coco");
  const CaptionTokenizer tokenize;
  const auto check = [&](const std::string& file, std::size_t count, std::uint64_t hash) {
    std::vector<std::string> captions;
    const nlohmann::json json = parse_json(read_file(root + file), file);
    for (const auto& annotation : json.at("annotations")) captions.push_back(annotation.at("caption"));
    REQUIRE(captions.size() == count);
    CHECK(hash_of(tokenize(captions)) == hash);
  };
  check("/coco/captions_val2017.json", 25014, 0xC15491E4CC0445F6u);
  check("/flickr8k/captions_train.json", 29995, 0xBBACC2752E022676u);
  check("/flickr8k/captions_val.json", 5000, 0x5F49A6CED7FBF784u);
}
