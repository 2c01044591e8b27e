#include "models/pictures.h"

namespace dlcore {

void normalize_pixels(std::span<const std::uint8_t> pixels, float* output) {
  float factor[3];
  float offset[3];
  for (int c = 0; c < 3; ++c) {
    factor[c] = 1.0f / (255.0f * picture_deviation[c]);
    offset[c] = picture_mean[c] / picture_deviation[c];
  }
  for (std::size_t i = 0; i + 2 < pixels.size(); i += 3)
    for (std::size_t c = 0; c < 3; ++c)
      output[i + c] = static_cast<float>(pixels[i + c]) * factor[c] - offset[c];
}

}  // namespace dlcore
