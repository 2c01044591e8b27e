#include "tools/scenes/scene_painter.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "io/image_resize.h"
#include "tests/catch.h"
#include "tests/error_message.h"
#include "tools/scenes/scene_shape.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

struct Hsv {
  double hue, saturation, value;
};

Hsv to_hsv(double red, double green, double blue) {
  const double most = std::max({red, green, blue});
  const double range = most - std::min({red, green, blue});
  if (most == 0 || range == 0) return {0, 0, most};
  double hue = most == red     ? (green - blue) / range
               : most == green ? 2 + (blue - red) / range
                               : 4 + (red - green) / range;
  if (hue < -0.5) hue += 6;
  return {60 * hue, range / most, most};
}

// What anyone would call the colour.
std::string name_of(const Hsv& colour) {
  if (colour.saturation < 0.15) return colour.value > 0.8 ? "white" : "grey";
  if (colour.hue < 14) return "red";
  if (colour.hue < 42) return "orange";
  if (colour.hue < 75) return "yellow";
  if (colour.hue < 160) return "green";
  if (colour.hue < 200) return "cyan";
  return colour.hue < 250 ? "blue" : colour.hue < 310 ? "purple" : "red";
}

// The mean over the pixels for which `wanted` holds; at least one has to be.
template <class F>
Hsv mean_colour(const Image& picture, F wanted) {
  double sums[3] = {};
  int count = 0;
  for (std::int64_t row = 0; row < picture.height; ++row)
    for (std::int64_t column = 0; column < picture.width; ++column) {
      const double x = (static_cast<double>(column) + 0.5) / static_cast<double>(picture.width);
      const double y = (static_cast<double>(row) + 0.5) / static_cast<double>(picture.height);
      if (!wanted(x, y)) continue;
      for (int c = 0; c < 3; ++c)
        sums[c] += picture.pixels[static_cast<std::size_t>(3 * (row * picture.width + column) + c)] / 255.0;
      ++count;
    }
  REQUIRE(count > 0);
  return to_hsv(sums[0] / count, sums[1] / count, sums[2] / count);
}

}  // namespace

TEST_CASE("scene painter: every object has its colour, and the background its shade") {
  for (std::int64_t i = 0; i < 400; ++i) {
    const Scene scene = draw_scene(4, i);
    const Image picture = paint_scene(scene, 64);
    REQUIRE(picture.pixels.size() == 3 * 64 * 64);
    std::vector<SceneOutline> outlines(scene.objects.begin(), scene.objects.end());
    for (std::size_t k = 0; k < outlines.size(); ++k) {
      const Hsv seen = mean_colour(picture, [&](double x, double y) {
        bool top = outlines[k](x, y) < -0.01;
        for (std::size_t above = k + 1; above < outlines.size(); ++above) top &= outlines[above](x, y) > 0.05;
        return top;
      });
      const std::string& name = scene_colour_names()[static_cast<std::size_t>(scene.objects[k].colour)];
      INFO("scene " << i << ", object " << k << ": " << seen.hue << " " << seen.saturation << " "
                    << seen.value);
      CHECK(name_of(seen) == name);
    }
    const Hsv ground = mean_colour(picture, [&](double x, double y) {
      return std::all_of(outlines.begin(), outlines.end(),
                         [&](const auto& each) { return each(x, y) > 0.06; });
    });
    const double low[] = {0.0, 0.36, 0.75};
    const double high[] = {0.25, 0.6, 1.0};
    INFO("scene " << i << ", background " << ground.value);
    CHECK(ground.value >= low[static_cast<int>(scene.background)]);
    CHECK(ground.value <= high[static_cast<int>(scene.background)]);
  }
}

TEST_CASE("scene painter: the same picture each time, and at every size") {
  const Scene scene = draw_scene(4, 12);
  const Image picture = paint_scene(scene, 128);
  CHECK(picture.pixels == paint_scene(scene, 128).pixels);
  CHECK(picture.pixels != paint_scene(draw_scene(4, 13), 128).pixels);
  const Image large = resize_image(paint_scene(scene, 512), 128, 128);
  double difference = 0;
  for (std::size_t i = 0; i < picture.pixels.size(); ++i)
    difference += std::abs(picture.pixels[i] - large.pixels[i]);
  CHECK(difference / static_cast<double>(picture.pixels.size()) < 10);  // noise
  CHECK(paint_scene(scene, 1).pixels.size() == 3);
  CHECK(lacks(error_of([&] { paint_scene(scene, 0); }), {"0 pixels a side"}) == "");
  CHECK(lacks(error_of([&] { paint_scene(scene, 5000); }), {"5000 pixels a side"}) == "");
}

TEST_CASE("scene painter: tints and backgrounds vary") {
  std::set<int> reds, grounds;
  for (std::int64_t i = 0; i < 60; ++i) {
    Scene scene = draw_scene(7, i);
    scene.objects = {{SceneShape::square, SceneColour::red, SceneSize::large, 0.5, 0.5, 0.4}};
    const Image picture = paint_scene(scene, 32);
    reds.insert(picture.pixels[3 * (16 * 32 + 16)] / 8);
    grounds.insert(picture.pixels[3 * (2 * 32 + 2)] / 8);
  }
  CHECK(reds.size() >= 4);
  CHECK(grounds.size() >= 10);
}
