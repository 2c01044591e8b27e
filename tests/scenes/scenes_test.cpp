#include "tools/scenes/scenes.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "tests/catch.h"
#include "tests/error_message.h"
#include "tools/scenes/scene_captions.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

Scene example() {
  return {1,
          0,
          SceneBackground::dark,
          {{SceneShape::circle, SceneColour::red, SceneSize::large, 4, 4},
           {SceneShape::square, SceneColour::blue, SceneSize::small, 4.5, 12},
           {SceneShape::circle, SceneColour::orange, SceneSize::small, 13, 8}}};
}

std::string verdict(const std::string& caption) {
  const auto truth = caption_is_true(example(), caption);
  return !truth ? "no sentence" : *truth ? "true" : "false";
}

}  // namespace

TEST_CASE("scenes: the same seed gives the same scenes, pictures and captions") {
  const auto first = draw_scenes(200, 5);
  CHECK(first == draw_scenes(200, 5));
  CHECK_FALSE(first == draw_scenes(200, 6));
  CHECK(paint_scene(first[7]) == paint_scene(draw_scenes(200, 5)[7]));
  CHECK(scene_captions(first[7]) == scene_captions(draw_scenes(200, 5)[7]));
}

TEST_CASE("scenes: objects lie inside, apart and differ; every kind comes up; no scene twice") {
  std::set<int> shapes, colours, counts, grounds;
  std::set<std::string> seen;
  for (const Scene& scene : draw_scenes(3000, 2)) {
    counts.insert(static_cast<int>(scene.objects.size()));
    grounds.insert(static_cast<int>(scene.background));
    bool good = true;
    for (const SceneObject& a : scene.objects) {
      shapes.insert(static_cast<int>(a.shape));
      colours.insert(static_cast<int>(a.colour));
      const double half = a.width() / 2;
      good &= a.x >= half && a.y >= half && a.x <= scene_side - half && a.y <= scene_side - half;
      for (const SceneObject& b : scene.objects)
        if (&a != &b)
          good &= std::max(std::fabs(a.x - b.x), std::fabs(a.y - b.y)) > half + b.width() / 2 &&
                  (a.shape != b.shape || a.colour != b.colour);
    }
    CHECK(good);
    Scene anonymous = scene;
    anonymous.index = 0;
    seen.insert(scene_to_json(anonymous));
  }
  CHECK(shapes.size() == 4);
  CHECK(colours.size() == 8);
  CHECK(counts == std::set<int>{1, 2, 3});
  CHECK(grounds.size() == 2);
  CHECK(seen.size() == 3000);
}

TEST_CASE("scenes: pictures are in 0..1, in 255 steps, and show the colours where they belong") {
  const auto picture = paint_scene(example());
  REQUIRE(picture.size() == 3 * 16 * 16);
  for (const float value : picture) {
    const bool step = value >= 0 && value <= 1 && std::fabs(value * 255 - std::round(value * 255)) < 1e-4f;
    if (!step) CHECK(value == -1);
  }
  const auto pixel = [&](int c, int row, int column) {
    return picture[static_cast<std::size_t>((c * 16 + row) * 16 + column)];
  };
  CHECK(pixel(0, 4, 4) > 0.7f);  // the red circle
  CHECK(pixel(2, 4, 4) < 0.2f);
  CHECK(pixel(2, 12, 4) > 0.7f);  // the blue square
  CHECK(pixel(0, 12, 4) < 0.2f);
  CHECK(pixel(1, 15, 15) < 0.3f);  // the dark background
}

TEST_CASE("scenes: five different captions each, all true and none too long") {
  std::set<std::string> kinds;
  for (const Scene& scene : draw_scenes(3000, 3)) {
    const auto captions = scene_captions(scene);
    CHECK(std::set<std::string>(captions.begin(), captions.end()).size() == 5);
    for (const std::string& caption : captions) {
      const auto truth = caption_is_true(scene, caption);
      if (!truth || !*truth) CHECK(caption + " | " + scene_to_json(scene) == "a true sentence");
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

TEST_CASE("scenes: true and false sentences, and what is no sentence") {
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
