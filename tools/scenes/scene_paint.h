// Colours and backgrounds of scenes' pictures. Internal to scenes.
#pragma once

#include <array>

#include "core/random.h"
#include "tools/scenes/scenes.h"

namespace dlcore {

using Paint = std::array<double, 3>;  // red, green, blue: 0 to 1

Paint mix(const Paint& a, const Paint& b, double share);  // of b

/// A tint that everyone calls by the colour's name.
Paint draw_tint(Random& random, SceneColour colour);

/// The background at every point: two tints, and how they are laid out.
class SceneGround {
 public:
  SceneGround(Random& random, SceneBackground background);
  Paint at(double x, double y) const;

 private:
  enum class Layout : unsigned char { plain, shaded, cloudy, striped, chequered };
  double share(double x, double y) const;

  static constexpr int cells = 6;  // of the clouds, in each direction
  Layout layout_;
  Paint first_, second_;
  double along_x_, along_y_, phase_;
  std::array<double, std::size_t{cells + 1} * (cells + 1)> clouds_;
};

}  // namespace dlcore
