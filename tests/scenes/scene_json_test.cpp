#include "tools/scenes/scene_json.h"

#include "tests/catch.h"
#include "tests/error_message.h"

using namespace dlcore;
using namespace dlcore::test;

TEST_CASE("scene JSON: written and read again") {
  for (std::int64_t i = 0; i < 50; ++i) {
    const Scene scene = draw_scene(9, i);
    CHECK(scene_from_json(nlohmann::json::parse(scene_to_json(scene).dump()), "here") == scene);
  }
}

TEST_CASE("scene JSON: what is none") {
  const auto error = [](const std::string& text) {
    return error_of([&] { scene_from_json(nlohmann::json::parse(text), "row 3"); });
  };
  CHECK(lacks(error("[]"), {"row 3", "objects"}) == "");
  CHECK(lacks(error(R"({"objects": [], "seed": -1})"), {"row 3", "seed", "-1"}) == "");
  CHECK(lacks(error(R"({"objects": [], "seed": 1, "index": 2, "background": "pink"})"),
              {"background", "dark", "pink"}) == "");
  CHECK(lacks(error(R"({"objects": [7], "seed": 1, "index": 2, "background": "dark"})"),
              {"an object", "number"}) == "");
  const std::string object = R"("shape": "circle", "colour": "red", "size": "large")";
  const auto with = [&](const std::string& rest) {
    return error(R"({"seed": 1, "index": 2, "background": "dark", "objects": [{)" + object + rest + "}]}");
  };
  CHECK(lacks(with(R"(, "x": "1")"), {"x should be a number"}) == "");
  CHECK(lacks(with(R"(, "x": 1, "y": 1)"), {"width should be a number", "missing"}) == "");
  CHECK(with(R"(, "x": 1, "y": 1, "width": 1, "angle": 0)") == "no error");
}
