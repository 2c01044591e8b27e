#include "tools/scenes/scene_paint.h"

#include <algorithm>
#include <cmath>

namespace dlcore {

namespace {

constexpr double pi = 3.14159265358979323846;

struct Range {
  double low, high;
  double draw(Random& random) const { return low + (high - low) * random.uniform(); }
};

struct TintRange {
  Range hue;  // degrees; may begin below 0
  Range saturation, value;
};

// In the order of SceneColour. Between two names lie hues that could have either, and are not used.
constexpr TintRange colour_tints[] = {{{-6, 7}, {0.80, 0.98}, {0.74, 0.96}},     // red
                                      {{105, 142}, {0.60, 0.95}, {0.52, 0.85}},  // green
                                      {{212, 232}, {0.72, 0.98}, {0.75, 1.00}},  // blue
                                      {{54, 60}, {0.72, 0.98}, {0.92, 1.00}},    // yellow
                                      {{23, 33}, {0.85, 1.00}, {0.92, 1.00}},    // orange
                                      {{272, 292}, {0.60, 0.92}, {0.55, 0.85}},  // purple
                                      {{178, 190}, {0.55, 0.95}, {0.82, 1.00}},  // cyan
                                      {{0, 360}, {0.00, 0.03}, {0.96, 1.00}}};   // white

// In the order of SceneBackground.
constexpr TintRange ground_tints[] = {{{0, 360}, {0.10, 0.50}, {0.06, 0.20}},   // dark
                                      {{0, 360}, {0.00, 0.07}, {0.40, 0.56}},   // grey
                                      {{0, 360}, {0.02, 0.12}, {0.80, 0.93}}};  // light

Paint from_hsv(double hue, double saturation, double value) {
  const auto channel = [&](double offset) {
    const double k = std::fmod(offset + hue / 60 + 6, 6.0);
    return value * (1 - saturation * std::clamp(std::min(k, 4 - k), 0.0, 1.0));
  };
  return {channel(5), channel(3), channel(1)};
}

Paint draw(Random& random, const TintRange& range) {
  const double hue = range.hue.draw(random);
  const double saturation = range.saturation.draw(random);
  return from_hsv(hue, saturation, range.value.draw(random));
}

double smooth(double t) {
  return t * t * (3 - 2 * t);
}

}  // namespace

Paint mix(const Paint& a, const Paint& b, double share) {
  Paint result;
  for (std::size_t c = 0; c < 3; ++c) result[c] = a[c] + share * (b[c] - a[c]);
  return result;
}

Paint draw_tint(Random& random, SceneColour colour) {
  return draw(random, colour_tints[static_cast<std::size_t>(colour)]);
}

SceneGround::SceneGround(Random& random, SceneBackground background) {
  const TintRange& tints = ground_tints[static_cast<std::size_t>(background)];
  layout_ = static_cast<Layout>(random.below(5));
  first_ = draw(random, tints);
  second_ = draw(random, tints);
  // A pattern with a sharp edge should not look like a shape.
  const bool sharp = layout_ == Layout::striped || layout_ == Layout::chequered;
  if (sharp) second_ = mix(first_, second_, 0.5);
  const double angle = 2 * pi * random.uniform();
  const double times = sharp ? 3 + 5 * random.uniform() : 1;
  along_x_ = times * std::cos(angle);
  along_y_ = times * std::sin(angle);
  phase_ = random.uniform();
  for (double& cloud : clouds_) cloud = random.uniform();
}

double SceneGround::share(double x, double y) const {
  // 0 to 1 and back, with edges that are about a hundredth of the picture wide.
  const auto wave = [](double t) { return std::clamp(0.5 + 3 * std::sin(2 * pi * t), 0.0, 1.0); };
  const double along = along_x_ * (x - 0.5) + along_y_ * (y - 0.5);
  const double across = along_x_ * (y - 0.5) - along_y_ * (x - 0.5);
  switch (layout_) {
    case Layout::plain:
      return 0;
    case Layout::shaded:
      return std::clamp(0.5 + along / 1.4, 0.0, 1.0);
    case Layout::striped:
      return wave(along + phase_);
    case Layout::chequered: {
      const double a = wave(along + phase_);
      const double b = wave(across);
      return a + b - 2 * a * b;
    }
    case Layout::cloudy:
      break;
  }
  const int column = std::clamp(static_cast<int>(x * cells), 0, cells - 1);
  const int row = std::clamp(static_cast<int>(y * cells), 0, cells - 1);
  const double dx = smooth(x * cells - column);
  const double dy = smooth(y * cells - row);
  const double* const corner = clouds_.data() + (row * (cells + 1) + column);
  const double above = corner[0] + dx * (corner[1] - corner[0]);
  const double below = corner[cells + 1] + dx * (corner[cells + 2] - corner[cells + 1]);
  return above + dy * (below - above);
}

Paint SceneGround::at(double x, double y) const {
  return mix(first_, second_, share(x, y));
}

}  // namespace dlcore
