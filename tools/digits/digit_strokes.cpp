#include "tools/digits/digit_strokes.h"

#include <cmath>
#include <numbers>

namespace dlcore {

namespace {

// A hand that is not quite steady: the same point is never drawn at the same place.
class Hand {
 public:
  explicit Hand(Random& random) : random_(random) {}

  PenPoint at(double x, double y) { return {x + shake(), y + shake()}; }
  double between(double low, double high) { return low + (high - low) * random_.uniform(); }
  bool sometimes(double share) { return random_.uniform() < share; }

  /// Goes on along an ellipse, clockwise where `to` is larger; degrees, 0 to the right, 90 down.
  void arc(PenStroke& stroke, PenPoint middle, double width, double height, double from, double to) {
    const int steps = static_cast<int>(std::ceil(std::abs(to - from) / 15));
    for (int i = 0; i <= steps; ++i) {
      const double angle = (from + (to - from) * i / steps) * std::numbers::pi / 180;
      stroke.push_back({middle.x + width * std::cos(angle), middle.y + height * std::sin(angle)});
    }
  }

 private:
  double shake() { return 0.035 * random_.normal(); }

  Random& random_;
};

using Strokes = std::vector<PenStroke>;

Strokes zero(Hand& hand) {
  PenStroke stroke;
  const double begin = hand.between(-130, -60);
  hand.arc(stroke, hand.at(0, 0), hand.between(0.22, 0.36), hand.between(0.44, 0.52), begin,
           begin - hand.between(340, 375));
  return {stroke};
}

Strokes one(Hand& hand) {
  const PenPoint top = hand.at(0.04, -0.48), bottom = hand.at(0.02, 0.48);
  Strokes strokes{{top, bottom}};
  if (hand.sometimes(0.6)) strokes[0].insert(strokes[0].begin(), hand.at(-0.18, hand.between(-0.36, -0.24)));
  if (hand.sometimes(0.25)) strokes.push_back({hand.at(-0.2, 0.48), hand.at(0.22, 0.48)});
  return strokes;
}

Strokes two(Hand& hand) {
  PenStroke stroke;
  const double width = hand.between(0.22, 0.3);
  const PenPoint middle = hand.at(0, -0.22);
  hand.arc(stroke, middle, width, hand.between(0.22, 0.28), hand.between(-190, -150), hand.between(20, 50));
  const PenPoint corner = hand.at(-0.27, 0.45);
  if (hand.sometimes(0.35)) {  // a loop in the corner
    hand.arc(stroke, {corner.x + 0.06, corner.y - 0.05}, 0.08, 0.07, 60, 330);
  } else {
    stroke.push_back(corner);
  }
  stroke.push_back(hand.at(0.3, hand.between(0.4, 0.5)));
  return {stroke};
}

Strokes three(Hand& hand) {
  PenStroke stroke;
  const double above = hand.between(0.19, 0.25);
  if (hand.sometimes(0.25)) {  // a flat top
    stroke = {hand.at(-0.24, -0.46), hand.at(0.22, -0.47), hand.at(0, -0.08)};
  } else {
    hand.arc(stroke, hand.at(-0.02, -0.25), hand.between(0.2, 0.28), above, hand.between(-165, -135),
             hand.between(80, 100));
  }
  hand.arc(stroke, hand.at(-0.02, 0.21), hand.between(0.22, 0.31), hand.between(0.23, 0.29), -85,
           hand.between(135, 165));
  return {stroke};
}

Strokes four(Hand& hand) {
  const double bar = hand.between(0.08, 0.22);
  const PenPoint right = hand.at(0.32, bar);
  const double stem = hand.between(0.06, 0.18);
  const PenPoint left = hand.at(-0.3, bar);
  if (hand.sometimes(0.5))  // closed
    return {{hand.at(stem, -0.46), left, right}, {hand.at(stem, -0.46), hand.at(stem, 0.48)}};
  return {{hand.at(-0.22, hand.between(-0.48, -0.38)), left, right},
          {hand.at(stem, hand.between(-0.46, -0.2)), hand.at(stem, 0.48)}};
}

Strokes five(Hand& hand) {
  PenStroke stroke{hand.at(0.26, -0.46), hand.at(-0.2, -0.46), hand.at(-0.24, -0.06)};
  hand.arc(stroke, hand.at(-0.02, 0.17), hand.between(0.23, 0.32), hand.between(0.24, 0.31),
           hand.between(-140, -110), hand.between(125, 160));
  return {stroke};
}

Strokes six(Hand& hand) {
  PenStroke stroke;
  const double width = hand.between(0.22, 0.29);
  const PenPoint bowl = hand.at(0, 0.22);
  stroke.push_back(hand.at(hand.between(0.04, 0.2), -0.48));
  stroke.push_back(hand.at(-0.12, -0.24));
  hand.arc(stroke, bowl, width, hand.between(0.22, 0.28), 190, hand.between(-170, -150));
  return {stroke};
}

Strokes seven(Hand& hand) {
  Strokes strokes{{hand.at(-0.28, -0.45), hand.at(0.28, -0.45)}};
  if (hand.sometimes(0.4)) strokes[0].push_back(hand.at(0.05, hand.between(-0.1, 0.1)));  // a bend
  strokes[0].push_back(hand.at(hand.between(-0.18, 0), 0.48));
  if (hand.sometimes(0.4)) strokes.push_back({hand.at(-0.16, 0.02), hand.at(0.22, 0)});
  if (hand.sometimes(0.2)) strokes[0].insert(strokes[0].begin(), hand.at(-0.28, -0.32));
  return strokes;
}

Strokes eight(Hand& hand) {
  const PenPoint above = hand.at(0, -0.25), below = hand.at(0, 0.23);
  PenStroke top, bottom;
  hand.arc(top, above, hand.between(0.17, 0.24), hand.between(0.19, 0.24), 90, 90 + hand.between(345, 375));
  hand.arc(bottom, below, hand.between(0.21, 0.29), hand.between(0.22, 0.27), -90,
           -90 + hand.between(345, 375));
  return {top, bottom};
}

Strokes nine(Hand& hand) {
  PenStroke stroke;
  const double width = hand.between(0.2, 0.27);
  const PenPoint bowl = hand.at(-0.02, -0.21);
  hand.arc(stroke, bowl, width, hand.between(0.2, 0.27), -10, -hand.between(350, 375));
  if (hand.sometimes(0.5)) {
    stroke.push_back(hand.at(hand.between(0.02, 0.24), 0.48));  // a straight tail
  } else {
    stroke.push_back(hand.at(0.24, 0.1));
    hand.arc(stroke, hand.at(-0.02, 0.2), 0.26, hand.between(0.24, 0.3), 0, hand.between(110, 150));
  }
  return {stroke};
}

}  // namespace

std::vector<PenStroke> draw_digit_strokes(int digit, Random& random) {
  constexpr std::array<Strokes (*)(Hand&), digit_count> writers{zero, one, two,   three, four,
                                                                five, six, seven, eight, nine};
  Hand hand(random);
  return writers.at(static_cast<std::size_t>(digit))(hand);
}

}  // namespace dlcore
