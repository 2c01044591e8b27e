#include "models/pictures.h"

namespace dlcore {
namespace {

struct Normalization {
  float factor[3], offset[3];

  Normalization() {
    for (int c = 0; c < 3; ++c) {
      factor[c] = 1.0f / (255.0f * picture_deviation[c]);
      offset[c] = picture_mean[c] / picture_deviation[c];
    }
  }
};

template <class Pixel>
void normalize_pixel(const Normalization& n, const Pixel* pixel, float* output) {
  for (int c = 0; c < 3; ++c) output[c] = static_cast<float>(pixel[c]) * n.factor[c] - n.offset[c];
}

}  // namespace

void normalize_pixels(std::span<const std::uint8_t> pixels, float* output) {
  const Normalization normalization;
  for (std::size_t i = 0; i + 2 < pixels.size(); i += 3)
    normalize_pixel(normalization, pixels.data() + i, output + i);
}

void cut_picture(const float* pixels, std::int64_t S, const PictureCut& cut, std::int64_t size,
                 float* output) {
  const Normalization normalization;
  for (std::int64_t i = 0; i < size; ++i)
    for (std::int64_t j = 0; j < size; ++j) {
      const std::int64_t column = cut.left + (cut.mirrored ? size - 1 - j : j);
      normalize_pixel(normalization, pixels + ((cut.top + i) * S + column) * 3, output + (i * size + j) * 3);
    }
}

}  // namespace dlcore
