#include "tools/predict/picture_inputs.h"

#include <cmath>

#include "core/error.h"

namespace dlcore {

PictureInputs::PictureInputs(const std::string& model, const ExampleShapes& shapes, ImageFit fit)
    : fit_(fit) {
  const Shape& input = shapes.input;
  require(
      shapes.bytes && (input.rank() == 2 || (input.rank() == 3 && (input[2] == 1 || input[2] == 3))),
      "{} takes no pictures: it was trained on {} of the shape {}, not on bytes of (height, width, 1 or 3)",
      model, shapes.bytes ? "bytes" : "numbers", to_string(input));
  height_ = input[0];
  width_ = input[1];
  if (input.rank() == 3) channels_ = input[2];
  require(height_ == width_ || fit == ImageFit::squash,
          "{} takes pictures of {} x {} pixels, which are made by squashing only: --fit squash", model,
          height_, width_);
}

void PictureInputs::read(const std::string& path, std::span<float> input) const {
  const Image picture = read_image(path);
  const Image sized =
      height_ == width_ ? make_square(picture, height_, fit_) : resize_image(picture, height_, width_);
  const std::uint8_t* pixel = sized.pixels.data();
  if (channels_ == 3) {
    for (float& value : input) value = static_cast<float>(*pixel++) / 255;
    return;
  }
  for (float& value : input) {
    const double luma = 0.299 * pixel[0] + 0.587 * pixel[1] + 0.114 * pixel[2];
    value = static_cast<float>(std::round(luma)) / 255;
    pixel += 3;
  }
}

}  // namespace dlcore
