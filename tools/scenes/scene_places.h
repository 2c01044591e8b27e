// What the words for places mean. Internal to scenes.
#pragma once

#include "tools/scenes/scenes.h"

namespace dlcore {

inline constexpr double places_begin = 6.0 / 16;   // before it is the left, and the top
inline constexpr double places_end = 10.0 / 16;    // behind it is the right, and the bottom
inline constexpr double clearly_apart = 3.0 / 16;  // of centres: left of, above, ...

inline bool at_top(const SceneObject& object) {
  return object.y < places_begin;
}
inline bool at_bottom(const SceneObject& object) {
  return object.y > places_end;
}
inline bool at_left(const SceneObject& object) {
  return object.x < places_begin;
}
inline bool at_right(const SceneObject& object) {
  return object.x > places_end;
}

}  // namespace dlcore
