// Sentences about scenes, taken apart. The grammar is in scene_captions.h. Internal to scenes.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "tools/scenes/scenes.h"

namespace dlcore {

// What a sentence says of an object; -1: nothing.
struct SceneThing {
  int count = -1;  // exactly so many; -1: at least one
  int size = -1;
  int colour = -1;
  int shape = -1;

  bool fits(const SceneObject& object) const;
};

enum class SceneRelation : unsigned char { above, below, left, right };

// Both false in one direction: the sentence does not say. All false: in the middle.
struct ScenePlace {
  bool top = false, bottom = false, left = false, right = false;

  bool holds(const SceneObject& object) const;
};

struct SceneSentence {
  std::vector<SceneThing> things;
  std::optional<SceneRelation> relation;  // of things[0], which is alone, to `other`
  SceneThing other;
  std::optional<ScenePlace> place;  // of things[0], which is alone
  std::optional<SceneBackground> ground;
};

/// Nothing when it is no sentence of the grammar.
std::optional<SceneSentence> parse_sentence(std::string_view text);

}  // namespace dlcore
