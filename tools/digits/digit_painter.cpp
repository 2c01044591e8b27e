#include "tools/digits/digit_painter.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "core/error.h"
#include "core/random.h"
#include "tools/digits/digit_strokes.h"

namespace dlcore {

namespace {

double between(Random& random, double low, double high) {
  return low + (high - low) * random.uniform();
}

// From a digit's own coordinates to those of the picture, 0 to 1.
class Placement {
 public:
  explicit Placement(Random& random) {
    const double turn = between(random, -0.26, 0.26);
    const double height = between(random, 0.56, 0.78), width = height * between(random, 0.8, 1.15);
    slant_ = between(random, -0.32, 0.16);
    cosine_ = std::cos(turn);
    sine_ = std::sin(turn);
    height_ = height;
    width_ = width;
    x_ = 0.5 + between(random, -0.08, 0.08);
    y_ = 0.5 + between(random, -0.065, 0.065);
    bend_ = between(random, -0.06, 0.06);
    phase_ = between(random, 0, 2 * std::numbers::pi);
  }

  PenPoint operator()(PenPoint p) const {
    const double bent = p.x + bend_ * std::sin(5 * p.y + phase_);
    const double x = width_ * (bent - slant_ * p.y), y = height_ * p.y;
    return {x_ + cosine_ * x - sine_ * y, y_ + sine_ * x + cosine_ * y};
  }

 private:
  double x_, y_, width_, height_, slant_, cosine_, sine_, bend_, phase_;
};

double squared_distance(PenPoint p, PenPoint a, PenPoint b) {
  const double dx = b.x - a.x, dy = b.y - a.y;
  const double length = dx * dx + dy * dy;
  const double along =
      length > 0 ? std::clamp(((p.x - a.x) * dx + (p.y - a.y) * dy) / length, 0.0, 1.0) : 0.0;
  const double x = a.x + along * dx - p.x, y = a.y + along * dy - p.y;
  return x * x + y * y;
}

// Strokes of one pen: how much of each pixel they cover.
class Ink {
 public:
  Ink(std::int64_t side, double width)
      : side_(side), width_(width), nearest_(static_cast<std::size_t>(side * side), far) {}

  void line(PenPoint a, PenPoint b) {
    const double reach = width_ / 2 + 1.0 / static_cast<double>(side_);
    const auto first = [&](double low) {
      return std::clamp<std::int64_t>(static_cast<std::int64_t>(std::floor((low - reach) * scale())), 0,
                                      side_);
    };
    const auto last = [&](double high) {
      return std::clamp<std::int64_t>(static_cast<std::int64_t>(std::ceil((high + reach) * scale())), 0,
                                      side_);
    };
    for (std::int64_t row = first(std::min(a.y, b.y)); row < last(std::max(a.y, b.y)); ++row)
      for (std::int64_t column = first(std::min(a.x, b.x)); column < last(std::max(a.x, b.x)); ++column) {
        double& nearest = nearest_[static_cast<std::size_t>(row * side_ + column)];
        const PenPoint middle{(static_cast<double>(column) + 0.5) / scale(),
                              (static_cast<double>(row) + 0.5) / scale()};
        nearest = std::min(nearest, squared_distance(middle, a, b));
      }
  }

  /// 0 to 1: an edge runs over one pixel.
  double cover(std::size_t pixel) const {
    if (nearest_[pixel] == far) return 0;
    return std::clamp(0.5 + (width_ / 2 - std::sqrt(nearest_[pixel])) * scale(), 0.0, 1.0);
  }

 private:
  static constexpr double far = std::numeric_limits<double>::max();

  double scale() const { return static_cast<double>(side_); }

  std::int64_t side_;
  double width_;
  std::vector<double> nearest_;  // (side, side): squared distance to the nearest stroke
};

// One to three short strokes that are no part of the digit, most of them near the border.
Ink draw_strays(Random& random, std::int64_t side) {
  Ink ink(side, between(random, 0.03, 0.07));
  const std::int64_t count = random.below(4);
  for (std::int64_t i = 0; i < count; ++i) {
    const double angle = between(random, 0, 2 * std::numbers::pi), away = between(random, 0.3, 0.55);
    const PenPoint from{0.5 + away * std::cos(angle), 0.5 + away * std::sin(angle)};
    const double along = between(random, 0, 2 * std::numbers::pi), length = between(random, 0.05, 0.25);
    ink.line(from, {from.x + length * std::cos(along), from.y + length * std::sin(along)});
  }
  return ink;
}

}  // namespace

Digit paint_digit(std::uint64_t seed, std::int64_t index, std::int64_t side) {
  require(side >= 8 && side <= 512,
          "a digit cannot be painted with {} pixels a side: there should be 8 to 512", side);
  Random random(seed, static_cast<std::uint64_t>(index));
  Digit digit;
  digit.digit = static_cast<std::int32_t>(random.below(digit_count));
  const std::vector<PenStroke> strokes = draw_digit_strokes(digit.digit, random);
  const Placement place(random);
  Ink ink(side, between(random, 0.06, 0.12));
  for (const PenStroke& stroke : strokes)
    for (std::size_t i = 0; i + 1 < stroke.size(); ++i) ink.line(place(stroke[i]), place(stroke[i + 1]));

  const double ground = between(random, 0, 0.3), bright = ground + between(random, 0.45, 0.7);
  const double right = between(random, -0.15, 0.15), down = between(random, -0.15, 0.15);
  const double noise = between(random, 0.01, 0.08);
  const Ink strays = draw_strays(random, side);
  const double stray_bright = ground + between(random, 0.1, 0.5);
  digit.pixels.reserve(static_cast<std::size_t>(side * side));
  for (std::int64_t row = 0; row < side; ++row)
    for (std::int64_t column = 0; column < side; ++column) {
      const auto pixel = static_cast<std::size_t>(row * side + column);
      const double x = static_cast<double>(column) / static_cast<double>(side) - 0.5,
                   y = static_cast<double>(row) / static_cast<double>(side) - 0.5;
      double grey = ground + right * x + down * y;
      grey += strays.cover(pixel) * (stray_bright - grey);
      grey += ink.cover(pixel) * (bright - grey);
      grey += noise * random.normal();
      digit.pixels.push_back(static_cast<std::uint8_t>(std::lround(255 * std::clamp(grey, 0.0, 1.0))));
    }
  return digit;
}

}  // namespace dlcore
