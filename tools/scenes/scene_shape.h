// The geometry of an object. Internal to scenes.
#pragma once

#include "tools/scenes/scenes.h"

namespace dlcore {

/// How far a point is from an object's edge: below zero inside. Exact near edges, a bound elsewhere.
class SceneOutline {
 public:
  explicit SceneOutline(const SceneObject& object);
  double operator()(double x, double y) const;

  /// No point of the object is further than this from the centre, in x or in y.
  double reach() const { return 1.3 * half_; }

 private:
  SceneShape shape_;
  double x_, y_, half_, cosine_, sine_;
};

/// The share of object i that the later ones do not hide.
double visible_share(const std::vector<SceneObject>& objects, std::size_t i);

}  // namespace dlcore
