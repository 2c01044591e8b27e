#include <algorithm>
#include <numeric>

#include "tools/scenes/scene_captions.h"
#include "tools/scenes/scene_places.h"
#include "tools/scenes/scene_sentence.h"

namespace dlcore {

namespace {

bool related(const SceneObject& a, SceneRelation relation, const SceneObject& b) {
  switch (relation) {
    case SceneRelation::above:
      return b.y - a.y >= clearly_apart;
    case SceneRelation::below:
      return a.y - b.y >= clearly_apart;
    case SceneRelation::left:
      return b.x - a.x >= clearly_apart;
    case SceneRelation::right:
      return a.x - b.x >= clearly_apart;
  }
  return false;
}

bool right_number(const Scene& scene, const SceneThing& thing) {
  const auto count = std::count_if(scene.objects.begin(), scene.objects.end(),
                                   [&](const SceneObject& object) { return thing.fits(object); });
  return thing.count < 0 ? count > 0 : count == thing.count;
}

// Whether all things are there at once: each "a" needs an object of its own.
bool all_there(const Scene& scene, const std::vector<SceneThing>& things) {
  std::vector<SceneThing> single;
  for (const SceneThing& thing : things) {
    if (!right_number(scene, thing)) return false;
    if (thing.count < 0) single.push_back(thing);
  }
  if (single.size() > scene.objects.size()) return false;
  std::vector<std::size_t> order(scene.objects.size());
  std::iota(order.begin(), order.end(), 0);
  do {  // at most three objects, hence six orders
    bool fits = true;
    for (std::size_t i = 0; i < single.size(); ++i) fits &= single[i].fits(scene.objects[order[i]]);
    if (fits) return true;
  } while (std::next_permutation(order.begin(), order.end()));
  return false;
}

bool any_related(const Scene& scene, const SceneThing& first, SceneRelation relation,
                 const SceneThing& second) {
  for (const SceneObject& a : scene.objects)
    for (const SceneObject& b : scene.objects)
      if (&a != &b && first.fits(a) && second.fits(b) && related(a, relation, b)) return true;
  return false;
}

}  // namespace

std::optional<bool> caption_is_true(const Scene& scene, std::string_view caption) {
  const auto sentence = parse_sentence(caption);
  if (!sentence) return std::nullopt;
  if (!all_there(scene, sentence->things)) return false;
  const SceneThing& first = sentence->things.front();
  if (sentence->relation)
    return right_number(scene, sentence->other) &&
           any_related(scene, first, *sentence->relation, sentence->other);
  if (sentence->place)
    return std::any_of(scene.objects.begin(), scene.objects.end(), [&](const SceneObject& object) {
      return first.fits(object) && sentence->place->holds(object);
    });
  return !sentence->ground || *sentence->ground == scene.background;
}

std::optional<int> objects_mentioned(std::string_view caption) {
  const auto sentence = parse_sentence(caption);
  if (!sentence) return std::nullopt;
  const auto number = [](const SceneThing& thing) { return std::max(thing.count, 1); };
  int count = sentence->relation ? number(sentence->other) : 0;
  for (const SceneThing& thing : sentence->things) count += number(thing);
  return count;
}

}  // namespace dlcore
