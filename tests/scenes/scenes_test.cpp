#include "tools/scenes/scenes.h"

#include <cmath>
#include <set>

#include "tests/catch.h"
#include "tools/scenes/scene_captions.h"
#include "tools/scenes/scene_shape.h"

using namespace dlcore;

TEST_CASE("scenes: everything follows from seed and index") {
  std::set<double> places;
  for (std::int64_t i = 0; i < 300; ++i) {
    const Scene scene = draw_scene(5, i);
    CHECK(scene == draw_scene(5, i));
    CHECK_FALSE(scene == draw_scene(6, i));
    CHECK(scene_captions(scene) == scene_captions(draw_scene(5, i)));
    places.insert(scene.objects[0].x);
  }
  CHECK(places.size() == 300);
}

TEST_CASE("scenes: with fewer objects they are the same but for those") {
  for (std::int64_t i = 0; i < 300; ++i) {
    const Scene whole = draw_scene(5, i);
    for (const int most : {1, 2, 3}) {
      const Scene scene = draw_scene(5, i, most);
      CHECK(scene.objects.size() ==
            std::min<std::size_t>(whole.objects.size(), static_cast<std::size_t>(most)));
      CHECK(scene.background == whole.background);
      if (whole.objects.size() <= static_cast<std::size_t>(most)) CHECK(scene == whole);
    }
  }
}

TEST_CASE("scenes: what a sentence can say can be seen") {
  std::set<int> shapes, colours, counts, grounds;
  int hidden = 0;
  for (std::int64_t i = 0; i < 3000; ++i) {
    const Scene scene = draw_scene(2, i);
    counts.insert(static_cast<int>(scene.objects.size()));
    grounds.insert(static_cast<int>(scene.background));
    bool good = true;
    for (std::size_t k = 0; k < scene.objects.size(); ++k) {
      const SceneObject& a = scene.objects[k];
      shapes.insert(static_cast<int>(a.shape));
      colours.insert(static_cast<int>(a.colour));
      good &= a.size == SceneSize::small ? a.width <= 0.3 : a.width >= 0.4 && a.width <= 0.48;
      good &= a.x >= a.width / 2 && a.x <= 1 - a.width / 2 && a.y >= a.width / 2 && a.y <= 1 - a.width / 2;
      for (const double position : {a.x, a.y})
        good &= std::fabs(position - 0.375) >= 0.03 && std::fabs(position - 0.625) >= 0.03;
      good &= scene.background != SceneBackground::light || a.colour != SceneColour::white;
      const double visible = visible_share(scene.objects, k);
      good &= visible >= 0.8;
      hidden += visible < 1;
      for (const SceneObject& b : scene.objects) {
        if (&a == &b) continue;
        good &= a.shape != b.shape || a.colour != b.colour;
        good &= std::max(std::fabs(a.x - b.x), std::fabs(a.y - b.y)) > 0.2;
        if (a.colour == b.colour) good &= std::hypot(a.x - b.x, a.y - b.y) > (a.width + b.width) / 2;
      }
    }
    if (!good) CHECK(i == -1);
  }
  CHECK(shapes.size() == 4);
  CHECK(colours.size() == 8);
  CHECK(counts == std::set<int>{1, 2, 3});
  CHECK(grounds.size() == 3);
  CHECK(hidden > 150);
  CHECK(hidden < 1500);
}

TEST_CASE("scenes: outlines") {
  const auto outline = [](SceneShape shape, double angle) {
    return SceneOutline({shape, SceneColour::red, SceneSize::large, 0.5, 0.4, 0.2, angle});
  };
  const double quarter = std::acos(0.0);
  for (const SceneShape shape :
       {SceneShape::circle, SceneShape::square, SceneShape::triangle, SceneShape::cross}) {
    const SceneOutline still = outline(shape, 0);
    CHECK(still(0.5, 0.4) < -0.03);
    int inside = 0;
    for (int row = 0; row < 300; ++row)
      for (int column = 0; column < 300; ++column) {
        const double x = (column + 0.5) / 300, y = (row + 0.5) / 300;
        const double distance = still(x, y);
        inside += distance < 0;
        if (distance < 0 && std::max(std::fabs(x - 0.5), std::fabs(y - 0.4)) > still.reach()) CHECK(x < 0);
        // Nowhere steeper than a distance can be.
        if (std::fabs(still(x + 0.001, y) - distance) > 0.0010001) CHECK(x < 0);
      }
    const double areas[] = {0.0314, 0.04, 0.018, 0.0222};
    CHECK(std::fabs(inside / 90000.0 - areas[static_cast<int>(shape)]) < 0.0012);
  }
  CHECK(outline(SceneShape::triangle, 0)(0.5, 0.31) < 0);  // the tip is up
  CHECK(outline(SceneShape::triangle, 0)(0.5, 0.49) > 0);
  CHECK(outline(SceneShape::triangle, quarter)(0.59, 0.4) < 0);  // clockwise: to the right
  CHECK(outline(SceneShape::triangle, quarter)(0.41, 0.4) > 0);
  CHECK(std::fabs(outline(SceneShape::square, 0)(0.5, 0.52) - 0.02) < 1e-9);
  CHECK(std::fabs(outline(SceneShape::circle, 0)(0.8, 0.8) - 0.4) < 1e-9);
  CHECK(outline(SceneShape::cross, 0)(0.58, 0.32) > 0.04);
}

TEST_CASE("scenes: no object reaches further than it says, or out of its picture") {
  for (std::int64_t i = 0; i < 600; ++i)
    for (const SceneObject& object : draw_scene(8, i).objects) {
      const SceneOutline outline(object);
      for (int k = 0; k < 400; ++k) {  // along the picture's border, and along the square that is said
        const double along = (k % 100 + 0.5) / 100;
        const double side = k < 200 ? 0 : 1;
        const double x = k / 100 % 2 ? along : side, y = k / 100 % 2 ? side : along;
        const auto said = [&](double centre, double t) { return centre + outline.reach() * (2 * t - 1); };
        const bool good = outline(x, y) > 0 && outline(said(object.x, x), said(object.y, y)) > 0;
        if (!good) CHECK(i == -1);
      }
    }
  SUCCEED();
}

TEST_CASE("scenes: how much of an object is visible") {
  const SceneObject square{SceneShape::square, SceneColour::red, SceneSize::large, 0.5, 0.5, 0.4};
  SceneObject other = square;
  CHECK(visible_share({square, other}, 0) == 0);
  CHECK(visible_share({square, other}, 1) == 1);
  other.x += 0.2;  // half of the side
  CHECK(visible_share({square, other}, 0) == Approx(0.5).margin(0.03));
  other.y += 0.2;
  CHECK(visible_share({square, other}, 0) == Approx(0.75).margin(0.03));
  SceneObject third = square;
  third.x -= 0.2;
  third.y -= 0.2;
  CHECK(visible_share({square, other, third}, 0) == Approx(0.5).margin(0.03));
  third.x = 0.05;
  CHECK(visible_share({square, third}, 0) == 1);
}
