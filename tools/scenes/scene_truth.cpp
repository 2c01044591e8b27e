#include <algorithm>
#include <array>
#include <functional>
#include <numeric>

#include "tools/scenes/scene_captions.h"

namespace dlcore {

namespace {

// What a sentence says of an object; -1: nothing.
struct Thing {
  int count = -1;  // exactly so many; -1: at least one
  int size = -1;
  int colour = -1;
  int shape = -1;

  bool fits(const SceneObject& object) const {
    return (size < 0 || size == static_cast<int>(object.size)) &&
           (colour < 0 || colour == static_cast<int>(object.colour)) &&
           (shape < 0 || shape == static_cast<int>(object.shape));
  }
};

enum class Relation : unsigned char { above, below, left, right };

class Sentence {
 public:
  explicit Sentence(std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = std::min(text.find(' ', at), text.size());
      if (end > at) words_.emplace_back(text.substr(at, end - at));
      at = end + 1;
    }
  }

  bool at_end() const { return at_ == words_.size(); }

  // Takes these words if they come next.
  bool take(std::initializer_list<const char*> words) {
    if (words.size() > words_.size() - at_) return false;
    if (!std::equal(words.begin(), words.end(), words_.begin() + static_cast<std::ptrdiff_t>(at_)))
      return false;
    at_ += words.size();
    return true;
  }

  // The index of the next word in `names`; -1: none of them, and nothing is taken.
  int take_one(const std::vector<std::string>& names) {
    if (at_end()) return -1;
    const auto found = std::find(names.begin(), names.end(), words_[at_]);
    if (found == names.end()) return -1;
    ++at_;
    return static_cast<int>(found - names.begin());
  }

  std::optional<Thing> take_thing() {
    Thing thing;
    if (!take({"a"}) && !take({"an"})) {
      thing.count = take_one({"", "one", "two", "three"});
      if (thing.count < 1) return std::nullopt;
    }
    thing.size = take_one(scene_size_names());
    thing.colour = take_one(scene_colour_names());
    if (thing.count > 1) {
      thing.shape = take_one({"circles", "squares", "triangles", "crosses"});
      if (thing.shape < 0 && !take({"shapes"})) return std::nullopt;
    } else {
      thing.shape = take_one(scene_shape_names());
      if (thing.shape < 0 && !take({"shape"})) return std::nullopt;
    }
    return thing;
  }

  std::optional<Relation> take_relation() {
    if (take({"above"})) return Relation::above;
    if (take({"below"}) || take({"under"})) return Relation::below;
    if (take({"left", "of"}) || take({"to", "the", "left", "of"})) return Relation::left;
    if (take({"right", "of"}) || take({"to", "the", "right", "of"})) return Relation::right;
    return std::nullopt;
  }

  // A test of an object's place.
  std::function<bool(const SceneObject&)> take_place() {
    const auto top = [](const SceneObject& object) { return object.y < 6; };
    const auto bottom = [](const SceneObject& object) { return object.y > 10; };
    const auto left = [](const SceneObject& object) { return object.x < 6; };
    const auto right = [](const SceneObject& object) { return object.x > 10; };
    if (take({"at", "the", "top"})) return top;
    if (take({"at", "the", "bottom"})) return bottom;
    if (take({"on", "the", "left"})) return left;
    if (take({"on", "the", "right"})) return right;
    if (take({"in", "the", "middle"}))
      return [=](const SceneObject& o) { return !top(o) && !bottom(o) && !left(o) && !right(o); };
    if (take({"in", "the", "top", "left", "corner"}))
      return [=](const SceneObject& o) { return top(o) && left(o); };
    if (take({"in", "the", "top", "right", "corner"}))
      return [=](const SceneObject& o) { return top(o) && right(o); };
    if (take({"in", "the", "bottom", "left", "corner"}))
      return [=](const SceneObject& o) { return bottom(o) && left(o); };
    if (take({"in", "the", "bottom", "right", "corner"}))
      return [=](const SceneObject& o) { return bottom(o) && right(o); };
    return nullptr;
  }

  std::optional<SceneBackground> take_ground() {
    if (take({"on", "a", "dark", "background"})) return SceneBackground::dark;
    if (take({"on", "a", "grey", "background"})) return SceneBackground::grey;
    return std::nullopt;
  }

 private:
  std::vector<std::string> words_;
  std::size_t at_ = 0;
};

bool related(const SceneObject& a, Relation relation, const SceneObject& b) {
  constexpr double clear = 3;  // pixels
  switch (relation) {
    case Relation::above:
      return b.y - a.y >= clear;
    case Relation::below:
      return a.y - b.y >= clear;
    case Relation::left:
      return b.x - a.x >= clear;
    case Relation::right:
      return a.x - b.x >= clear;
  }
  return false;
}

bool right_number(const Scene& scene, const Thing& thing) {
  const auto count = std::count_if(scene.objects.begin(), scene.objects.end(),
                                   [&](const SceneObject& object) { return thing.fits(object); });
  return thing.count < 0 ? count > 0 : count == thing.count;
}

// Whether all things are there at once: each "a" needs an object of its own.
bool all_there(const Scene& scene, const std::vector<Thing>& things) {
  std::vector<Thing> single;
  for (const Thing& thing : things) {
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

bool any_related(const Scene& scene, const Thing& first, Relation relation, const Thing& second) {
  for (const SceneObject& a : scene.objects)
    for (const SceneObject& b : scene.objects)
      if (&a != &b && first.fits(a) && second.fits(b) && related(a, relation, b)) return true;
  return false;
}

}  // namespace

std::optional<bool> caption_is_true(const Scene& scene, std::string_view caption) {
  Sentence sentence(caption);
  if (!sentence.take({"there", "is"}) && !sentence.take({"there", "are"}))
    sentence.take({"the", "picture", "shows"});
  std::vector<Thing> things;
  do {
    const auto thing = sentence.take_thing();
    if (!thing) return std::nullopt;
    things.push_back(*thing);
  } while (sentence.take({"and"}));

  bool truth = all_there(scene, things);
  if (sentence.at_end()) return truth;
  if (!sentence.take({"is"})) sentence.take({"are"});
  if (const auto ground = sentence.take_ground()) {
    truth &= *ground == scene.background;
  } else if (const auto relation = sentence.take_relation()) {
    const auto other = sentence.take_thing();
    if (!other || things.size() != 1) return std::nullopt;
    truth &= right_number(scene, *other) && any_related(scene, things[0], *relation, *other);
  } else if (const auto place = sentence.take_place()) {
    if (things.size() != 1) return std::nullopt;
    truth &= std::any_of(scene.objects.begin(), scene.objects.end(),
                         [&](const SceneObject& object) { return things[0].fits(object) && place(object); });
  } else {
    return std::nullopt;
  }
  if (!sentence.at_end()) return std::nullopt;
  return truth;
}

}  // namespace dlcore
