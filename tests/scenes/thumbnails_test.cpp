#include "tools/scenes/thumbnails.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "io/json_text.h"
#include "tests/catch.h"
#include "tools/scenes/scene_captions.h"
#include "tools/scenes/scene_json.h"

using namespace dlcore;

namespace {

Scene example() {
  constexpr double pixel = 1.0 / thumbnail_side;
  return {1,
          0,
          SceneBackground::dark,
          {{SceneShape::circle, SceneColour::red, SceneSize::large, 4 * pixel, 4 * pixel, 7 * pixel},
           {SceneShape::square, SceneColour::blue, SceneSize::small, 4.5 * pixel, 12 * pixel, 5 * pixel},
           {SceneShape::circle, SceneColour::orange, SceneSize::small, 13 * pixel, 8 * pixel, 5 * pixel}}};
}

}  // namespace

TEST_CASE("thumbnails: the same seed gives the same scenes and pictures") {
  const auto first = draw_thumbnail_scenes(200, 5);
  CHECK(first == draw_thumbnail_scenes(200, 5));
  CHECK_FALSE(first == draw_thumbnail_scenes(200, 6));
  CHECK(paint_thumbnail(first[7]) == paint_thumbnail(draw_thumbnail_scenes(200, 5)[7]));
}

TEST_CASE("thumbnails: objects lie inside, apart and differ; every kind comes up; no scene twice") {
  std::set<int> shapes, colours, counts, grounds;
  std::set<std::string> seen;
  for (const Scene& scene : draw_thumbnail_scenes(3000, 2)) {
    counts.insert(static_cast<int>(scene.objects.size()));
    grounds.insert(static_cast<int>(scene.background));
    bool good = true;
    for (const SceneObject& a : scene.objects) {
      shapes.insert(static_cast<int>(a.shape));
      colours.insert(static_cast<int>(a.colour));
      const double half = a.width / 2;
      good &= a.x >= half && a.y >= half && a.x <= 1 - half && a.y <= 1 - half;
      for (const SceneObject& b : scene.objects)
        if (&a != &b)
          good &= std::max(std::fabs(a.x - b.x), std::fabs(a.y - b.y)) > half + b.width / 2 &&
                  (a.shape != b.shape || a.colour != b.colour);
    }
    CHECK(good);
    Scene anonymous = scene;
    anonymous.index = 0;
    seen.insert(to_text(scene_to_json(anonymous)));
  }
  CHECK(shapes.size() == 4);
  CHECK(colours.size() == 8);
  CHECK(counts == std::set<int>{1, 2, 3});
  CHECK(grounds.size() == 2);
  CHECK(seen.size() == 3000);
}

TEST_CASE("thumbnails: pictures are in 0..1, in 255 steps, and show the colours where they belong") {
  const auto picture = paint_thumbnail(example());
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
