#include "tools/scenes/scene_captions.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "tools/scenes/scene_places.h"
#include "tools/scenes/scene_random.h"

namespace dlcore {

namespace {

const char* const numbers[] = {"no", "one", "two", "three"};

std::string pick(Random& random, const std::vector<std::string>& choices) {
  return choices[static_cast<std::size_t>(random.below(static_cast<std::int64_t>(choices.size())))];
}

const SceneObject& pick_object(Random& random, const Scene& scene) {
  return scene
      .objects[static_cast<std::size_t>(random.below(static_cast<std::int64_t>(scene.objects.size())))];
}

// "a small red circle", "a red circle", now and then "a circle".
std::string thing(Random& random, const SceneObject& object) {
  const std::string& shape = scene_shape_names()[static_cast<std::size_t>(object.shape)];
  const std::string& colour = scene_colour_names()[static_cast<std::size_t>(object.colour)];
  const std::string& size = scene_size_names()[static_cast<std::size_t>(object.size)];
  const std::int64_t lot = random.below(10);
  if (lot == 0) return "a " + shape;
  if (lot < 6) return (colour == "orange" ? "an " : "a ") + colour + " " + shape;
  return "a " + size + " " + colour + " " + shape;
}

std::string relation_sentence(Random& random, const Scene& scene) {
  const auto order = random.permutation(static_cast<std::int64_t>(scene.objects.size()));
  const SceneObject& a = scene.objects[static_cast<std::size_t>(order[0])];
  const SceneObject& b = scene.objects[static_cast<std::size_t>(order[1])];
  const double dx = b.x - a.x;
  const double dy = b.y - a.y;
  std::string relation;
  if (std::fabs(dy) > std::fabs(dx))  // the axis along which they are further apart
    relation = dy > 0 ? "above" : pick(random, {"below", "under"});
  else
    relation = pick(random, {"", "to the "}) + (dx > 0 ? "left of" : "right of");
  const std::string first = thing(random, a);
  const std::string second = thing(random, b);
  switch (random.below(4)) {
    case 0:
      return "there is " + first + " " + relation + " " + second;
    case 1:
      return first + " is " + relation + " " + second;
    default:
      return first + " " + relation + " " + second;
  }
}

std::string list_sentence(Random& random, const Scene& scene) {
  std::string text = pick(random, {"", "there is ", "the picture shows "});
  const auto order = random.permutation(static_cast<std::int64_t>(scene.objects.size()));
  for (std::size_t i = 0; i < order.size(); ++i)
    text += (i ? " and " : "") + thing(random, scene.objects[static_cast<std::size_t>(order[i])]);
  return text;
}

std::string place_sentence(Random& random, const Scene& scene) {
  const SceneObject& object = pick_object(random, scene);
  const std::string vertical = at_top(object) ? "top" : at_bottom(object) ? "bottom" : "";
  const std::string horizontal = at_left(object) ? "left" : at_right(object) ? "right" : "";
  std::string place = "in the middle";
  if (!vertical.empty() && !horizontal.empty())
    place = "in the " + vertical + " " + horizontal + " corner";
  else if (!vertical.empty())
    place = "at the " + vertical;
  else if (!horizontal.empty())
    place = "on the " + horizontal;
  const std::string what = thing(random, object);
  switch (random.below(3)) {
    case 0:
      return "there is " + what + " " + place;
    case 1:
      return what + " is " + place;
    default:
      return what + " " + place;
  }
}

std::string count_sentence(Random& random, const Scene& scene) {
  const SceneObject& like = pick_object(random, scene);
  const std::int64_t lot = random.below(3);
  std::string noun = "shape";
  auto count = static_cast<std::int64_t>(scene.objects.size());
  if (lot == 1) {
    noun = scene_shape_names()[static_cast<std::size_t>(like.shape)];
    count = std::count_if(scene.objects.begin(), scene.objects.end(),
                          [&](const SceneObject& other) { return other.shape == like.shape; });
  } else if (lot == 2) {
    noun = scene_colour_names()[static_cast<std::size_t>(like.colour)] + " shape";
    count = std::count_if(scene.objects.begin(), scene.objects.end(),
                          [&](const SceneObject& other) { return other.colour == like.colour; });
  }
  if (count > 1) noun += noun.ends_with("cross") ? "es" : "s";
  const std::string ground =
      " on a " + scene_background_names()[static_cast<std::size_t>(scene.background)] + " background";
  return (count > 1 ? "there are " : "there is ") + std::string(numbers[count]) + " " + noun +
         (random.below(3) == 0 ? ground : "");
}

std::string ground_sentence(Random& random, const Scene& scene) {
  return pick(random, {"", "there is "}) + thing(random, pick_object(random, scene)) + " on a " +
         scene_background_names()[static_cast<std::size_t>(scene.background)] + " background";
}

}  // namespace

std::vector<std::string> scene_captions(const Scene& scene) {
  require(!scene.objects.empty(), "a scene without objects has no captions");
  Random random = scene_random(scene, SceneUse::captions);
  std::vector<std::string> captions;
  while (captions.size() < static_cast<std::size_t>(scene_captions_each)) {
    const std::int64_t lot = random.below(10);
    std::string text;
    if (lot < 5)
      text = scene.objects.size() > 1 ? relation_sentence(random, scene) : place_sentence(random, scene);
    else if (lot < 7)
      text = list_sentence(random, scene);
    else if (lot < 8)
      text = place_sentence(random, scene);
    else if (lot < 9)
      text = count_sentence(random, scene);
    else
      text = ground_sentence(random, scene);
    if (std::find(captions.begin(), captions.end(), text) == captions.end())
      captions.push_back(std::move(text));
  }
  return captions;
}

}  // namespace dlcore
