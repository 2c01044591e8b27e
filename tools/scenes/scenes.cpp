#include "tools/scenes/scenes.h"

#include <algorithm>
#include <cmath>

#include "tools/scenes/scene_places.h"
#include "tools/scenes/scene_random.h"
#include "tools/scenes/scene_shape.h"

namespace dlcore {

const std::vector<std::string>& scene_shape_names() {
  static const std::vector<std::string> names{"circle", "square", "triangle", "cross"};
  return names;
}
const std::vector<std::string>& scene_colour_names() {
  static const std::vector<std::string> names{"red",    "green",  "blue", "yellow",
                                              "orange", "purple", "cyan", "white"};
  return names;
}
const std::vector<std::string>& scene_size_names() {
  static const std::vector<std::string> names{"small", "large"};
  return names;
}
const std::vector<std::string>& scene_background_names() {
  static const std::vector<std::string> names{"dark", "grey", "light"};
  return names;
}

namespace {

bool at_a_border(double position) {
  constexpr double margin = 0.03;
  return std::fabs(position - places_begin) < margin || std::fabs(position - places_end) < margin;
}

SceneObject draw_object(Random& random, SceneBackground background) {
  const auto between = [&](double low, double high) { return low + (high - low) * random.uniform(); };
  SceneObject object{static_cast<SceneShape>(random.below(4)),
                     static_cast<SceneColour>(random.below(8)),
                     static_cast<SceneSize>(random.below(2)),
                     0,
                     0,
                     0};
  if (background == SceneBackground::light && object.colour == SceneColour::white)
    object.colour = static_cast<SceneColour>(random.below(7));
  object.width = object.size == SceneSize::small ? between(0.25, 0.3) : between(0.4, 0.48);
  // A cross that is turned by an eighth is an x, and a square a diamond.
  if (object.shape != SceneShape::circle) object.angle = between(-0.15, 0.15);
  const double edge = 0.6 * object.width;  // room for the corners
  do object.x = between(edge, 1 - edge);
  while (at_a_border(object.x));
  do object.y = between(edge, 1 - edge);
  while (at_a_border(object.y));
  return object;
}

// Whether both can be in one picture, and one of them then is left, right, above or below.
bool go_together(const SceneObject& a, const SceneObject& b, bool may_overlap) {
  if (a.shape == b.shape && a.colour == b.colour) return false;
  const double dx = std::fabs(a.x - b.x);
  const double dy = std::fabs(a.y - b.y);
  if (std::max(dx, dy) < clearly_apart + 0.03) return false;
  const double apart = 0.6 * (a.width + b.width) + 0.01;
  return std::hypot(dx, dy) >= apart || (may_overlap && a.colour != b.colour);
}

bool all_visible(const std::vector<SceneObject>& objects) {
  for (std::size_t i = 0; i + 1 < objects.size(); ++i)
    if (visible_share(objects, i) < 0.8) return false;
  return true;
}

}  // namespace

Random scene_random(const Scene& scene, SceneUse use) {
  return Random(scene.seed, 4 * static_cast<std::uint64_t>(scene.index) + static_cast<std::uint64_t>(use));
}

Scene draw_scene(std::uint64_t seed, std::int64_t index, int most_objects) {
  Scene scene{seed, index, SceneBackground::dark, {}};
  Random random = scene_random(scene, SceneUse::objects);
  scene.background = static_cast<SceneBackground>(random.below(3));
  const std::int64_t lot = random.below(20);
  const auto count = static_cast<std::size_t>(std::min(lot < 5 ? 1 : lot < 16 ? 2 : 3, most_objects));
  const bool may_overlap = random.below(2) == 0;
  for (int attempts = 0; scene.objects.size() < count; ++attempts) {
    if (attempts == 50) {  // the first objects leave no place: start again
      scene.objects.clear();
      attempts = 0;
    }
    const SceneObject candidate = draw_object(random, scene.background);
    const bool fits = std::all_of(scene.objects.begin(), scene.objects.end(), [&](const SceneObject& other) {
      return go_together(candidate, other, may_overlap);
    });
    if (!fits) continue;
    scene.objects.push_back(candidate);
    if (!all_visible(scene.objects)) scene.objects.pop_back();
  }
  return scene;
}

bool is_validation_scene(std::int64_t index, std::int64_t count) {
  return index % 10 == 9 || (count < 10 && index == count - 1);
}

}  // namespace dlcore
