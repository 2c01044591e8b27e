#include "tools/scenes/scene_captions.h"

#include <algorithm>
#include <set>

#include "io/json_text.h"
#include "tests/catch.h"
#include "tools/scenes/scene_json.h"

using namespace dlcore;

namespace {

Scene example() {
  return {1,
          0,
          SceneBackground::dark,
          {{SceneShape::circle, SceneColour::red, SceneSize::large, 0.25, 0.25, 0.4},
           {SceneShape::square, SceneColour::blue, SceneSize::small, 0.28, 0.75, 0.2},
           {SceneShape::circle, SceneColour::orange, SceneSize::small, 0.81, 0.5, 0.2}}};
}

std::string verdict(const std::string& caption) {
  const auto truth = caption_is_true(example(), caption);
  return !truth ? "no sentence" : *truth ? "true" : "false";
}

}  // namespace

TEST_CASE("scene captions: five different captions each, all true and none too long") {
  std::set<std::string> kinds;
  for (std::int64_t i = 0; i < 3000; ++i) {
    const Scene scene = draw_scene(3, i);
    const auto captions = scene_captions(scene);
    CHECK(std::set<std::string>(captions.begin(), captions.end()).size() == 5);
    for (const std::string& caption : captions) {
      const auto truth = caption_is_true(scene, caption);
      if (!truth || !*truth) CHECK(caption + " | " + to_text(scene_to_json(scene)) == "a true sentence");
      if (objects_mentioned(caption).value_or(0) < std::min<int>(static_cast<int>(scene.objects.size()), 2))
        CHECK(caption == "of two objects");
      if (std::count(caption.begin(), caption.end(), ' ') + 3 > scene_caption_length)
        CHECK(caption == "shorter");
      for (const char* kind :
           {" above ", " under ", " left of ", " to the right of ", " and ", " corner", " middle",
            "there are two ", "there is one ", " background", "the picture shows ", " is "})
        if (caption.find(kind) != std::string::npos) kinds.insert(kind);
    }
  }
  CHECK(kinds.size() == 12);
}

TEST_CASE("scene captions: true and false sentences, and what is no sentence") {
  for (const char* caption :
       {"a red circle above a blue square", "there is a blue square below a circle",
        "a blue square is under a circle", "an orange circle to the right of a large red circle",
        "a circle left of a circle", "a small blue square left of a small orange circle",
        "the picture shows a red circle and an orange circle", "there are two circles",
        "there are three shapes", "there is one blue shape", "two circles and one square",
        "a large red circle in the top left corner", "an orange circle is on the right",
        "there are two small shapes on a dark background", "a square at the bottom", "a circle and a circle",
        "a square is above an orange circle and"})
    if (std::string(caption).ends_with("and"))
      CHECK(verdict(caption) == "no sentence");
    else
      CHECK(std::string(caption) + ": " + verdict(caption) == std::string(caption) + ": true");
  for (const char* caption :
       {"a red circle below a blue square", "a red square above a circle", "a small red circle",
        "a square and a square", "there are two squares", "there is one circle", "there are two shapes",
        "a red circle on a grey background", "a red circle in the middle", "a blue square on the right",
        "a red circle left of a blue square", "there are three circles", "a blue square above a blue square",
        "a purple cross", "one circle above a square", "a square above an orange circle"})
    CHECK(std::string(caption) + ": " + verdict(caption) == std::string(caption) + ": false");
  for (const char* caption :
       {"", "a", "red circle", "a red", "a circle circle", "a red circle above", "a red circle above and",
        "a zebra", "there is", "two circle", "a circles", "a red circle is",
        "a red circle and a blue square above a circle", "a red circle on a dark", "a <UNK> circle",
        "a circle above a square above a circle", "zero circles", " and "})
    CHECK(std::string(caption) + ": " + verdict(caption) == std::string(caption) + ": no sentence");
}

TEST_CASE("scene captions: how many objects a sentence speaks of") {
  CHECK(objects_mentioned("a red circle") == 1);
  CHECK(objects_mentioned("there is one shape on a light background") == 1);
  CHECK(objects_mentioned("a circle is on the left") == 1);
  CHECK(objects_mentioned("a circle is left of a circle") == 2);
  CHECK(objects_mentioned("there are two shapes") == 2);
  CHECK(objects_mentioned("two circles above a square") == 3);
  CHECK(objects_mentioned("the picture shows a cross and a square and two triangles") == 4);
  CHECK_FALSE(objects_mentioned("a dog and a cat"));
  CHECK_FALSE(objects_mentioned(""));
}
