// The ten digits as strokes of a pen.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "core/random.h"

namespace dlcore {

struct PenPoint {
  double x, y;  // x from the left, y from the top; a digit is about 0.7 wide and 1 high, its middle is 0, 0
};

/// Points that are joined by straight lines, near enough that curves look round.
using PenStroke = std::vector<PenPoint>;

inline constexpr int digit_count = 10;

/// One way in which people write the digit, 0 to 9, drawn at random: a 1 with or without its flag and foot, a
/// 7 with or without its bar, an open or closed 4, ... , with corners and curves that are moved a little.
std::vector<PenStroke> draw_digit_strokes(int digit, Random& random);

}  // namespace dlcore
