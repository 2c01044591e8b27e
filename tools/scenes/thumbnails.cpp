#include "tools/scenes/thumbnails.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <utility>

#include "core/error.h"
#include "tools/scenes/scene_random.h"

namespace dlcore {

namespace {

constexpr std::array<std::array<double, 3>, 8> paints{{{0.92, 0.10, 0.10},
                                                       {0.10, 0.75, 0.15},
                                                       {0.12, 0.25, 0.95},
                                                       {0.98, 0.92, 0.10},
                                                       {1.00, 0.52, 0.05},
                                                       {0.62, 0.10, 0.78},
                                                       {0.10, 0.88, 0.92},
                                                       {1.00, 1.00, 1.00}}};

bool overlap(const SceneObject& a, const SceneObject& b) {
  const double apart = (a.width + b.width) / 2 + 0.5 / thumbnail_side;
  return std::fabs(a.x - b.x) < apart && std::fabs(a.y - b.y) < apart;
}

SceneObject draw_object(Random& random) {
  SceneObject object{static_cast<SceneShape>(random.below(4)),
                     static_cast<SceneColour>(random.below(8)),
                     static_cast<SceneSize>(random.below(2)),
                     0,
                     0,
                     0};
  object.width = (object.size == SceneSize::small ? 5.0 : 7.0) / thumbnail_side;
  // Nine places: a captioner whose only view of the picture is a linear layer cannot learn shapes at any
  // position.
  constexpr double places[] = {3.5, 8, 12.5};
  object.x = places[random.below(3)] / thumbnail_side;
  object.y = places[random.below(3)] / thumbnail_side;
  return object;
}

std::vector<SceneObject> draw_objects(Random& random) {
  const std::int64_t lot = random.below(20);
  const std::size_t count = lot < 4 ? 1 : lot < 13 ? 2 : 3;
  std::vector<SceneObject> objects;
  for (int attempts = 0; objects.size() < count; ++attempts) {
    if (attempts == 50) {  // the first objects leave no place: start again
      objects.clear();
      attempts = 0;
    }
    const SceneObject candidate = draw_object(random);
    const bool fits = std::none_of(objects.begin(), objects.end(), [&](const SceneObject& other) {
      return overlap(candidate, other) ||
             (candidate.shape == other.shape && candidate.colour == other.colour);
    });
    if (fits) objects.push_back(candidate);
  }
  return objects;
}

// The same for scenes that look the same but for noise.
std::string key_of(const Scene& scene) {
  std::vector<std::string> parts;
  for (const SceneObject& object : scene.objects)
    parts.push_back(fmt::format("{}{}{}{:02}{:02}", static_cast<int>(object.shape),
                                static_cast<int>(object.colour), static_cast<int>(object.size),
                                static_cast<int>(2 * thumbnail_side * object.x),
                                static_cast<int>(2 * thumbnail_side * object.y)));
  std::sort(parts.begin(), parts.end());
  return fmt::format("{}{}", static_cast<int>(scene.background), fmt::join(parts, ""));
}

// x, y: in pixels
bool covers(const SceneObject& object, double x, double y) {
  const double half = object.width / 2 * thumbnail_side;
  const double dx = std::fabs(x - object.x * thumbnail_side);
  const double dy = y - object.y * thumbnail_side;
  if (dx > half || std::fabs(dy) > half) return false;
  switch (object.shape) {
    case SceneShape::circle:
      return dx * dx + dy * dy <= half * half;
    case SceneShape::square:
      return dx <= 0.9 * half && std::fabs(dy) <= 0.9 * half;
    case SceneShape::triangle:
      return dx <= (dy + half) / 2;  // the tip is up
    case SceneShape::cross:
      return dx <= half / 3 || std::fabs(dy) <= half / 3;
  }
  return false;
}

// The share of the pixel that the object covers, from 4x4 points.
double coverage(const SceneObject& object, int column, int row) {
  int hits = 0;
  for (int i = 0; i < 4; ++i)
    for (int j = 0; j < 4; ++j) hits += covers(object, column + (i + 0.5) / 4, row + (j + 0.5) / 4);
  return hits / 16.0;
}

}  // namespace

std::vector<Scene> draw_thumbnail_scenes(std::int64_t count, std::uint64_t seed) {
  require(count >= 0 && count <= 100'000'000, "cannot draw {} scenes", count);
  std::vector<Scene> scenes;
  std::set<std::string> seen;
  for (std::int64_t index = 0; index < count; ++index) {
    Scene scene{seed, index, SceneBackground::dark, {}};
    Random random = scene_random(scene, SceneUse::objects);
    do {
      scene.background = static_cast<SceneBackground>(random.below(2));
      scene.objects = draw_objects(random);
    } while (!seen.insert(key_of(scene)).second);
    scenes.push_back(std::move(scene));
  }
  return scenes;
}

std::vector<float> paint_thumbnail(const Scene& scene) {
  Random random = scene_random(scene, SceneUse::picture);
  const double ground = scene.background == SceneBackground::dark ? 0.03 + 0.10 * random.uniform()
                                                                  : 0.36 + 0.10 * random.uniform();
  const double slope_x = 0.06 * (random.uniform() - 0.5);
  const double slope_y = 0.06 * (random.uniform() - 0.5);
  std::vector<double> light;  // of each object
  for (std::size_t i = 0; i < scene.objects.size(); ++i) light.push_back(0.92 + 0.08 * random.uniform());

  std::vector<float> picture(thumbnail_values);
  for (int row = 0; row < thumbnail_side; ++row)
    for (int column = 0; column < thumbnail_side; ++column) {
      const double shade = ground + slope_x * (column - 7.5) / 7.5 + slope_y * (row - 7.5) / 7.5;
      std::array<double, 3> pixel{shade, shade, shade};
      for (std::size_t i = 0; i < scene.objects.size(); ++i) {
        const double share = coverage(scene.objects[i], column, row);
        const auto& paint = paints[static_cast<std::size_t>(scene.objects[i].colour)];
        for (std::size_t c = 0; c < 3; ++c) pixel[c] = (1 - share) * pixel[c] + share * light[i] * paint[c];
      }
      for (int c = 0; c < thumbnail_channels; ++c) {
        const double noisy = pixel[static_cast<std::size_t>(c)] + 0.02 * (random.uniform() - 0.5);
        const double level = std::floor(255 * std::clamp(noisy, 0.0, 1.0) + 0.5);
        const int at = (c * thumbnail_side + row) * thumbnail_side + column;
        picture[static_cast<std::size_t>(at)] = static_cast<float>(level / 255);
      }
    }
  return picture;
}

}  // namespace dlcore
