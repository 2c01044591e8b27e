#include "tools/scenes/scene_painter.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "tools/scenes/scene_paint.h"
#include "tools/scenes/scene_random.h"
#include "tools/scenes/scene_shape.h"

namespace dlcore {

namespace {

constexpr double shadow_right = 0.012, shadow_down = 0.022, shadow_blur = 0.03;

double smooth_step(double t) {
  t = std::clamp(t, 0.0, 1.0);
  return t * t * (3 - 2 * t);
}

class Canvas {
 public:
  Canvas(std::int64_t side, const SceneGround& ground)
      : side_(side), paints_(static_cast<std::size_t>(side * side)) {
    each(0, 0, 1, 1, [&](Paint& paint, double x, double y) { paint = ground.at(x, y); });
  }

  void add(const SceneObject& object, const Paint& tint, double shadow) {
    const SceneOutline outline(object);
    const double reach = outline.reach() + shadow_blur + shadow_down;
    const double pixel = 1.0 / static_cast<double>(side_);
    each(object.x - reach, object.y - reach, object.x + reach, object.y + reach,
         [&](Paint& paint, double x, double y) {
           const double distance = outline(x, y);
           if (distance > -pixel) {
             const double away = outline(x - shadow_right, y - shadow_down);
             paint = mix(paint, Paint{}, shadow * smooth_step(0.5 - away / (2 * shadow_blur)));
           }
           const double cover = std::clamp(0.5 - distance / pixel, 0.0, 1.0);
           if (cover <= 0) return;
           // Lit from above on the left, and a little darker along the edge.
           const double height = ((object.x - x) + 2 * (object.y - y)) / (1.5 * object.width);
           const double edge = std::clamp(1 + distance / 0.02, 0.0, 1.0);
           const double light = 1 + 0.08 * height - 0.06 * edge;
           Paint lit;
           for (std::size_t c = 0; c < 3; ++c) lit[c] = std::clamp(tint[c] * light, 0.0, 1.0);
           paint = mix(paint, lit, cover);
         });
  }

  Image finish(Random& random, double noise) const {
    Image image{side_, side_, {}};
    image.pixels.reserve(3 * paints_.size());
    for (const Paint& paint : paints_) {
      std::uint32_t word = random.word();  // ten bits for each colour
      for (const double value : paint) {
        const double noisy = value + noise * (static_cast<double>(word & 1023) / 511.5 - 1);
        image.pixels.push_back(static_cast<std::uint8_t>(std::lround(255 * std::clamp(noisy, 0.0, 1.0))));
        word >>= 10;
      }
    }
    return image;
  }

 private:
  // Every pixel in this part of the picture, with its centre.
  template <class F>
  void each(double left, double top, double right, double bottom, F f) {
    const auto from = [&](double position) {
      return std::max<std::int64_t>(
          static_cast<std::int64_t>(std::floor(position * static_cast<double>(side_))), 0);
    };
    const auto to = [&](double position) {
      return std::min(static_cast<std::int64_t>(std::ceil(position * static_cast<double>(side_))), side_);
    };
    for (std::int64_t row = from(top); row < to(bottom); ++row)
      for (std::int64_t column = from(left); column < to(right); ++column)
        f(paints_[static_cast<std::size_t>(row * side_ + column)],
          (static_cast<double>(column) + 0.5) / static_cast<double>(side_),
          (static_cast<double>(row) + 0.5) / static_cast<double>(side_));
  }

  std::int64_t side_;
  std::vector<Paint> paints_;  // (side, side)
};

}  // namespace

Image paint_scene(const Scene& scene, std::int64_t side) {
  require(side > 0 && side <= 4096,
          "a scene cannot be painted with {} pixels a side: there should be 1 to 4096", side);
  Random random = scene_random(scene, SceneUse::picture);
  const SceneGround ground(random, scene.background);
  Canvas canvas(side, ground);
  const double shadow = 0.25 + 0.25 * random.uniform();
  for (const SceneObject& object : scene.objects)
    canvas.add(object, draw_tint(random, object.colour), shadow);
  const double noise = 0.04 * random.uniform();
  return canvas.finish(random, noise);
}

}  // namespace dlcore
