#include "io/caption_results.h"

#include <nlohmann/json.hpp>

#include "io/atomic_file.h"
#include "tests/catch.h"
#include "tests/error_message.h"
#include "tests/temporary_directory.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

std::string error_of_file(const std::string& contents) {
  const TemporaryDirectory folder;
  write_file_atomically(folder.file("r.json"), contents);
  return error_of([&] { read_caption_results(folder.file("r.json")); });
}

}  // namespace

TEST_CASE("caption results: COCO's format") {
  const TemporaryDirectory folder;
  const std::string path = folder.file("captions.json");
  write_caption_results(path,
                        {{7, "a man on a horse"}, {-3, "\"zwölf\"\n"}, {std::int64_t{1} << 40, "\xff!"}});
  const auto json = nlohmann::json::parse(read_file(path));
  REQUIRE(json.size() == 3);
  CHECK(json[0] == nlohmann::json{{"image_id", 7}, {"caption", "a man on a horse"}});
  CHECK(json[1]["caption"] == "\"zwölf\"\n");
  CHECK(json[2]["image_id"] == std::int64_t{1} << 40);
  CHECK(json[2]["caption"] == "\xef\xbf\xbd!");
  write_caption_results(path, {});
  CHECK(nlohmann::json::parse(read_file(path)) == nlohmann::json::array());
  CHECK(folder.entries() == 1);
  CHECK(lacks(error_of([&] { write_caption_results(folder.file("none/c.json"), {}); }), {"none/c.json"}) ==
        "");
}

TEST_CASE("caption results: reading what was written, and what others write") {
  const TemporaryDirectory folder;
  const std::string path = folder.file("captions.json");
  const std::vector<CaptionResult> written{{7, "a man"}, {-3, ""}, {std::int64_t{1} << 40, "zwölf \"\n"}};
  write_caption_results(path, written);
  const std::vector<CaptionResult> read = read_caption_results(path);
  REQUIRE(read.size() == written.size());
  for (std::size_t i = 0; i < read.size(); ++i) {
    CHECK(read[i].image_id == written[i].image_id);
    CHECK(read[i].caption == written[i].caption);
  }
  write_file_atomically(path, R"([{"caption": "x", "id": "more", "image_id": 1}])");
  CHECK(read_caption_results(path).at(0).caption == "x");
}

TEST_CASE("caption results: images that have no id") {
  const TemporaryDirectory folder;
  const std::string path = folder.file("captions.json");
  write_caption_results(path, {{.image_id = {}, .caption = "a", .file_name = "photos/\"x\".jpg", .row = 4},
                               {.image_id = {}, .caption = "b", .row = 5},
                               {.image_id = 7, .caption = "c", .file_name = "y.jpg", .row = 6}});
  CHECK(nlohmann::json::parse(read_file(path)) == nlohmann::json::parse(R"([
    {"file_name": "photos/\"x\".jpg", "caption": "a"}, {"row": 5, "caption": "b"}, {"image_id": 7, "caption": "c"}])"));
  const std::vector<CaptionResult> read = read_caption_results(path);
  REQUIRE(read.size() == 3);
  CHECK(!read[0].image_id.has_value());
  CHECK(read[0].file_name == "photos/\"x\".jpg");
  CHECK(image_of(read[0]) == "image photos/\"x\".jpg");
  CHECK(!read[1].image_id.has_value());
  CHECK(read[1].row == 5);
  CHECK(image_of(read[1]) == "row 5");
  CHECK(image_of(read[2]) == "image 7");
  // An id is what counts where there is one.
  write_file_atomically(path, R"([{"image_id": 1, "file_name": 3, "row": "x", "caption": "a"}])");
  CHECK(read_caption_results(path).at(0).image_id == 1);
  CHECK(read_caption_results(path).at(0).file_name.empty());
}

TEST_CASE("caption results: files that are none") {
  CHECK(lacks(error_of([] { read_caption_results("no/such/file.json"); }), {"no/such/file.json"}) == "");
  const auto check = [](const std::string& contents, std::initializer_list<std::string> parts) {
    INFO(contents);
    CHECK(lacks(error_of_file(contents), parts) == "");
  };
  check("", {"r.json", "not valid JSON"});
  check("[{\"image_id\": 1, \"caption\": \"a\"}", {"r.json", "not valid JSON"});
  check("[]", {"r.json", "no results"});
  check(R"({"images": [], "annotations": []})", {"r.json", "list of results", "is a JSON object"});
  check("[7]", {"r.json: [0]", "JSON object", "7"});
  check(R"([{"image_id": 1, "caption": "a"}, {"image_id": 2}])", {"r.json: [1]", "has no caption"});
  check(R"([{"caption": "a"}])", {"r.json: [0]", "has no image_id"});
  check(R"([{"image_id": "1", "caption": "a"}])", {"r.json: [0].image_id", "whole number", "\"1\""});
  check(R"([{"image_id": 1.5, "caption": "a"}])", {"r.json: [0].image_id", "whole number", "1.5"});
  check(R"([{"image_id": 9223372036854775808, "caption": "a"}])", {"whole number", "9223372036854775808"});
  check(R"([{"image_id": 1, "caption": ["a"]}])", {"r.json: [0].caption", "a text", "[\"a\"]"});
  check(R"([{"image_id": 1, "caption": null}])", {"r.json: [0].caption", "a text", "null"});
  check(R"([{"image_id": 4, "caption": "a"}, {"image_id": 4, "caption": "a"}])",
        {"r.json: [1]", "image_id 4", "as has [0]"});
  check(R"([{"file_name": "", "caption": "a"}])", {"r.json: [0].file_name", "a name", "\"\""});
  check(R"([{"file_name": 3, "caption": "a"}])", {"r.json: [0].file_name", "a name", "3"});
  check(R"([{"row": -1, "caption": "a"}])", {"r.json: [0].row", "-1"});
  check(R"([{"row": "1", "caption": "a"}])", {"r.json: [0].row", "\"1\""});
  check(R"([{"row": 4, "caption": "a"}, {"row": 4, "caption": "a"}])",
        {"r.json: [1]", "row 4", "as has [0]"});
  check(R"([{"file_name": "a.jpg", "caption": "a"}, {"file_name": "a.jpg", "caption": "a"}])",
        {"r.json: [1]", "file_name a.jpg", "as has [0]"});
  check(R"([{"image_id": 1, "caption": ")" + std::string(70000, 'a') + "\"}]",
        {"r.json: [0].caption", "70000 bytes"});
}

TEST_CASE("caption results: several captions of an image, and what each word has to do with them") {
  const TemporaryDirectory folder;
  const std::string path = folder.file("captions.json");
  write_caption_results(path, {{7, "a", {{"a", -1.5, {}, {}}, {"\"b\"", -2, {}, {}}}},
                               {8, "c", {{"c", -0.1, {"c", "<END>"}, {-0.1, -1e-9}}}},
                               {9, "d"}});
  const auto json = nlohmann::json::parse(read_file(path));
  CHECK(json[0] == nlohmann::json::parse(R"({"image_id": 7, "caption": "a", "captions":
    [{"caption": "a", "score": -1.5}, {"caption": "\"b\"", "score": -2.0}]})"));
  CHECK(json[1]["captions"] == nlohmann::json::parse(R"([{"caption": "c", "score": -0.1,
    "words": ["c", "<END>"], "log_probabilities": [-0.1, -1e-9]}])"));
  CHECK(json[2] == nlohmann::json{{"image_id", 9}, {"caption", "d"}});
}
