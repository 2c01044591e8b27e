#include "io/caption_results.h"

#include <nlohmann/json.hpp>

#include "io/atomic_file.h"
#include "tests/catch.h"
#include "tests/error_message.h"
#include "tests/temporary_directory.h"

using namespace dlcore;
using namespace dlcore::test;

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
