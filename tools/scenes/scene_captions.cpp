#include "tools/scenes/scene_captions.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "tools/scenes/scene_places.h"

namespace dlcore {

namespace {

const char* const numbers[] = {"no", "one", "two", "three"};

enum class Detail : unsigned char { colour, size_and_colour };

// "a red circle", "a small red circle"
std::string thing(const SceneObject& object, Detail detail) {
  const std::string& shape = scene_shape_names()[static_cast<std::size_t>(object.shape)];
  const std::string& colour = scene_colour_names()[static_cast<std::size_t>(object.colour)];
  const std::string& size = scene_size_names()[static_cast<std::size_t>(object.size)];
  if (detail == Detail::size_and_colour) return "a " + size + " " + colour + " " + shape;
  return (colour == "orange" ? "an " : "a ") + colour + " " + shape;
}

// "a red circle and a blue square", of at most so many.
std::string things(const Scene& scene, Detail detail, std::size_t most) {
  std::string text;
  for (std::size_t i = 0; i < std::min(most, scene.objects.size()); ++i)
    text += (i ? " and " : "") + thing(scene.objects[i], detail);
  return text;
}

// Along the axis on which they are further apart; in other words of the same meaning, or not.
std::string relation(const SceneObject& a, const SceneObject& b, bool other_words) {
  const double dx = b.x - a.x;
  const double dy = b.y - a.y;
  if (std::fabs(dy) > std::fabs(dx)) return dy > 0 ? "above" : other_words ? "under" : "below";
  return std::string(other_words ? "to the " : "") + (dx > 0 ? "left of" : "right of");
}

std::string place(const SceneObject& object) {
  const std::string vertical = at_top(object) ? "top" : at_bottom(object) ? "bottom" : "";
  const std::string horizontal = at_left(object) ? "left" : at_right(object) ? "right" : "";
  if (!vertical.empty() && !horizontal.empty()) return "in the " + vertical + " " + horizontal + " corner";
  if (!vertical.empty()) return "at the " + vertical;
  return horizontal.empty() ? "in the middle" : "on the " + horizontal;
}

std::string ground_of(const Scene& scene) {
  return " on a " + scene_background_names()[static_cast<std::size_t>(scene.background)] + " background";
}

// "there are two circles" where there are, else "there are three shapes".
std::string number_of(const Scene& scene) {
  const auto& objects = scene.objects;
  if (objects.size() == 1) return "there is one shape";
  const bool alike = std::all_of(objects.begin(), objects.end(),
                                 [&](const SceneObject& other) { return other.shape == objects[0].shape; });
  const std::string noun = alike ? scene_shape_names()[static_cast<std::size_t>(objects[0].shape)] : "shape";
  return "there are " + std::string(numbers[objects.size()]) + " " + noun + (noun == "cross" ? "es" : "s");
}

// The first two objects beside each other, or one and its place.
std::string arrangement(const Scene& scene, Detail detail, const std::string& verb, bool other_words) {
  const std::string first = thing(scene.objects[0], detail) + " " + verb;
  if (scene.objects.size() == 1) return first + place(scene.objects[0]);
  return first + relation(scene.objects[0], scene.objects[1], other_words) + " " +
         thing(scene.objects[1], detail);
}

}  // namespace

std::vector<std::string> scene_captions(const Scene& drawn) {
  require(!drawn.objects.empty(), "a scene without objects has no captions");
  // In one order and five forms: which of many true sentences was chosen cannot be seen in the picture, and
  // the less there is of such choices, the sooner a model learns what can be seen.
  Scene scene = drawn;
  std::stable_sort(scene.objects.begin(), scene.objects.end(),
                   [](const SceneObject& a, const SceneObject& b) {
                     return std::pair(a.colour, a.shape) < std::pair(b.colour, b.shape);
                   });
  return {arrangement(scene, Detail::size_and_colour, "", false),
          "there is " + arrangement(scene, Detail::colour, "", true),
          "the picture shows " + things(scene, Detail::size_and_colour, 3),
          things(scene, Detail::colour, 2) + ground_of(scene), number_of(scene) + ground_of(scene)};
}

}  // namespace dlcore
