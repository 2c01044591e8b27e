// Pictures as an encoder takes them.
#pragma once

#include <cstdint>
#include <span>

#include "io/image.h"

namespace dlcore {

/// What pixels in [0, 1] are normalised by, per colour: ImageNet's statistics, as torchvision's weights
/// expect.
inline constexpr float picture_mean[3] = {0.485f, 0.456f, 0.406f};
inline constexpr float picture_deviation[3] = {0.229f, 0.224f, 0.225f};

/// output = (pixels / 255 - mean) / deviation.  Both: (n, 3)
void normalize_pixels(std::span<const std::uint8_t> pixels, float* output);

}  // namespace dlcore
