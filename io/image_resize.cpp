#include "io/image_resize.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"

namespace dlcore {

namespace {

// The weights of the input pixels (of one axis) in one output pixel.
struct Taps {
  std::int64_t first = 0;  // input pixel
  std::int64_t count = 0;
  std::size_t weights = 0;  // index of the first of `count` weights
};

// The weights for output pixels [begin, begin + count) of an axis that goes from `input` to `output` pixels.
// As Pillow's precompute_coeffs() has them (src/libImaging/Resample.c): the triangle around the output
// pixel's centre, sampled at the input pixels' centres.
struct Axis {
  Axis(std::int64_t input, std::int64_t output, std::int64_t begin, std::int64_t count) {
    const double scale = static_cast<double>(input) / static_cast<double>(output);
    const double radius = std::max(scale, 1.0);
    taps.reserve(static_cast<std::size_t>(count));
    for (std::int64_t i = begin; i < begin + count; ++i) {
      const double centre = (static_cast<double>(i) + 0.5) * scale;
      // NOLINTBEGIN(bugprone-incorrect-roundings): Pillow cuts off after adding a half, too
      const auto low = std::max<std::int64_t>(static_cast<std::int64_t>(centre - radius + 0.5), 0);
      const auto high = std::min(static_cast<std::int64_t>(centre + radius + 0.5), input);
      // NOLINTEND(bugprone-incorrect-roundings)
      taps.push_back({low, high - low, weights.size()});
      double sum = 0;
      for (std::int64_t k = low; k < high; ++k) sum += weight(k, centre, radius);
      for (std::int64_t k = low; k < high; ++k)
        weights.push_back(static_cast<float>(weight(k, centre, radius) / sum));
    }
  }

  static double weight(std::int64_t pixel, double centre, double radius) {
    return std::max(0.0, 1 - std::fabs(static_cast<double>(pixel) + 0.5 - centre) / radius);
  }

  std::vector<Taps> taps;
  std::vector<float> weights;
};

// row := the weighted mean of input rows.  row: (count)
void blend_rows(const std::uint8_t* from, std::int64_t stride, const float* weights, std::int64_t rows,
                float* row, std::int64_t count) {
  std::fill_n(row, count, 0.5f);  // rounds
  for (std::int64_t k = 0; k < rows; ++k) {
    const std::uint8_t* const input = from + k * stride;
    const float weight = weights[k];
    for (std::int64_t i = 0; i < count; ++i) row[i] += weight * static_cast<float>(input[i]);
  }
}

// to := the weighted means of a row's pixels.  row: (3 x pixels, and one more number); to: (taps, 3)
void blend_columns(const float* row, const Axis& axis, std::uint8_t* to) {
  for (const Taps& taps : axis.taps) {
    const float* from = row + 3 * taps.first;
    const float* weights = axis.weights.data() + taps.weights;
    float sum[4] = {};  // three and one to fill a vector
    for (std::int64_t k = 0; k < taps.count; ++k, from += 3)
      for (int c = 0; c < 4; ++c) sum[c] += weights[k] * from[c];
    // Means of 0.5 to 255.5; only their rounding errors can lie outside.
    for (int c = 0; c < 3; ++c) *to++ = static_cast<std::uint8_t>(std::min(sum[c], 255.0f));
  }
}

struct Region {
  std::int64_t top, left, height, width;
};

// What lies in `region` of the picture resized to (height, width). The vertical sum comes first, row by row:
// it runs along the row, which vectorises, and then one row of floats is all the memory that is needed.
Image resample(const Image& image, std::int64_t height, std::int64_t width, const Region& region) {
  require(image.height > 0 && image.width > 0, "cannot resize a picture of {} x {} pixels", image.width,
          image.height);
  const std::int64_t stride = 3 * image.width;
  require(static_cast<std::int64_t>(image.pixels.size()) == image.height * stride,
          "a picture of {} x {} pixels has {} bytes, not {}", image.width, image.height, image.pixels.size(),
          image.height * stride);
  constexpr std::int64_t most = std::int64_t{1} << 30;
  require(region.height > 0 && region.width > 0 && region.height <= most / region.width,
          "a picture cannot be resized to {} x {} pixels: there should be 1 to {} of them", region.width,
          region.height, most);

  const Axis vertical(image.height, height, region.top, region.height);
  const Axis horizontal(image.width, width, region.left, region.width);
  std::vector<float> row(static_cast<std::size_t>(stride) + 1);
  Image result{region.height, region.width, {}};
  result.pixels.resize(static_cast<std::size_t>(3 * region.height * region.width));
  std::uint8_t* to = result.pixels.data();
  for (const Taps& taps : vertical.taps) {
    blend_rows(image.pixels.data() + taps.first * stride, stride, vertical.weights.data() + taps.weights,
               taps.count, row.data(), stride);
    blend_columns(row.data(), horizontal, to);
    to += 3 * region.width;
  }
  return result;
}

// Python's round() of half of it: halves go to the even number.
std::int64_t half_to_even(std::int64_t twice) {
  return twice / 2 + (twice % 4 == 3 ? 1 : 0);
}

}  // namespace

Image resize_image(const Image& image, std::int64_t height, std::int64_t width) {
  return resample(image, height, width, {0, 0, height, width});
}

const char* name_of(ImageFit fit) {
  return fit == ImageFit::crop ? "crop" : "squash";
}

ImageFit image_fit_from_name(const std::string& name) {
  for (const ImageFit fit : {ImageFit::crop, ImageFit::squash})
    if (name == name_of(fit)) return fit;
  fail("there is no way '{}' to make a picture square: choose crop or squash", name);
}

Image make_square(const Image& image, std::int64_t size, ImageFit fit) {
  if (fit == ImageFit::squash || image.height == image.width || size <= 0)
    return resize_image(image, size, size);
  const std::int64_t shorter = std::min(image.height, image.width);
  require(shorter > 0, "cannot resize a picture of {} x {} pixels", image.width, image.height);
  const std::int64_t height = size * image.height / shorter;
  const std::int64_t width = size * image.width / shorter;
  return resample(image, height, width,
                  {half_to_even(height - size), half_to_even(width - size), size, size});
}

}  // namespace dlcore
