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

/// A square piece of a picture, mirrored or not, as the encoder takes it.
struct PictureCut {
  std::int64_t top = 0, left = 0;
  bool mirrored = false;
};

/// pixels: (S, S, 3), 0 to 255; output: (size, size, 3), normalised.
void cut_picture(const float* pixels, std::int64_t S, const PictureCut& cut, std::int64_t size,
                 float* output);

}  // namespace dlcore
