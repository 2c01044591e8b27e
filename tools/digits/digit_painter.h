// Digits as grey pictures, drawn from a seed.
#pragma once

#include <cstdint>
#include <vector>

namespace dlcore {

struct Digit {
  std::int32_t digit = 0;            // 0 to 9
  std::vector<std::uint8_t> pixels;  // (side, side), row by row, the pen's ink bright
};

/// Everything follows from (seed, index): which digit, each as likely as the others; how it is written; where
/// it lies, how large, turned, slanted and bent it is; the pen's width; and a background of shades, stray
/// strokes and noise. side: 8 to 512, or an Error.
Digit paint_digit(std::uint64_t seed, std::int64_t index, std::int64_t side);

}  // namespace dlcore
