#include "tools/scenes/scene_sentence.h"

#include <algorithm>
#include <initializer_list>
#include <string>

#include "tools/scenes/scene_places.h"

namespace dlcore {

namespace {

class Words {
 public:
  explicit Words(std::string_view text) {
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

  std::optional<SceneThing> take_thing() {
    SceneThing thing;
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

  std::optional<SceneRelation> take_relation() {
    if (take({"above"})) return SceneRelation::above;
    if (take({"below"}) || take({"under"})) return SceneRelation::below;
    if (take({"left", "of"}) || take({"to", "the", "left", "of"})) return SceneRelation::left;
    if (take({"right", "of"}) || take({"to", "the", "right", "of"})) return SceneRelation::right;
    return std::nullopt;
  }

  std::optional<ScenePlace> take_place() {
    if (take({"at", "the", "top"})) return ScenePlace{.top = true};
    if (take({"at", "the", "bottom"})) return ScenePlace{.bottom = true};
    if (take({"on", "the", "left"})) return ScenePlace{.left = true};
    if (take({"on", "the", "right"})) return ScenePlace{.right = true};
    if (take({"in", "the", "middle"})) return ScenePlace{};
    if (take({"in", "the", "top", "left", "corner"})) return ScenePlace{.top = true, .left = true};
    if (take({"in", "the", "top", "right", "corner"})) return ScenePlace{.top = true, .right = true};
    if (take({"in", "the", "bottom", "left", "corner"})) return ScenePlace{.bottom = true, .left = true};
    if (take({"in", "the", "bottom", "right", "corner"})) return ScenePlace{.bottom = true, .right = true};
    return std::nullopt;
  }

  std::optional<SceneBackground> take_ground() {
    if (!take({"on", "a"})) return std::nullopt;
    const int ground = take_one(scene_background_names());
    if (ground < 0 || !take({"background"})) return std::nullopt;
    return static_cast<SceneBackground>(ground);
  }

 private:
  std::vector<std::string> words_;
  std::size_t at_ = 0;
};

}  // namespace

bool SceneThing::fits(const SceneObject& object) const {
  return (size < 0 || size == static_cast<int>(object.size)) &&
         (colour < 0 || colour == static_cast<int>(object.colour)) &&
         (shape < 0 || shape == static_cast<int>(object.shape));
}

bool ScenePlace::holds(const SceneObject& object) const {
  if (!top && !bottom && !left && !right)
    return !at_top(object) && !at_bottom(object) && !at_left(object) && !at_right(object);
  return (!top || at_top(object)) && (!bottom || at_bottom(object)) && (!left || at_left(object)) &&
         (!right || at_right(object));
}

std::optional<SceneSentence> parse_sentence(std::string_view text) {
  Words words(text);
  if (!words.take({"there", "is"}) && !words.take({"there", "are"})) words.take({"the", "picture", "shows"});
  SceneSentence sentence;
  do {
    const auto thing = words.take_thing();
    if (!thing) return std::nullopt;
    sentence.things.push_back(*thing);
  } while (words.take({"and"}));
  if (words.at_end()) return sentence;

  if (!words.take({"is"})) words.take({"are"});
  sentence.ground = words.take_ground();
  if (!sentence.ground) {
    if (sentence.things.size() != 1) return std::nullopt;
    sentence.relation = words.take_relation();
    if (sentence.relation) {
      const auto other = words.take_thing();
      if (!other) return std::nullopt;
      sentence.other = *other;
    } else {
      sentence.place = words.take_place();
      if (!sentence.place) return std::nullopt;
    }
  }
  if (!words.at_end()) return std::nullopt;
  return sentence;
}

}  // namespace dlcore
