// Changing the size of pictures as torchvision does.
#pragma once

#include <string>

#include "io/image.h"

namespace dlcore {

/// Antialiased bilinear interpolation: each output pixel is the mean of the input under a triangle that is as
/// wide as the scale (at least one pixel to each side), edges cut off and weights normalised. Agrees with
/// Pillow's and torchvision's antialiased `resize` to one grey level.
Image resize_image(const Image& image, std::int64_t height, std::int64_t width);

/// How a picture becomes a square one.
enum class ImageFit {
  crop,    // the shorter side to `size`, then the middle: torchvision's Resize(size), CenterCrop(size)
  squash,  // both sides to `size`: nothing is lost, the aspect ratio is not kept
};

const char* name_of(ImageFit fit);  // "crop", "squash"
/// Throws Error for another name.
ImageFit image_fit_from_name(const std::string& name);

Image make_square(const Image& image, std::int64_t size, ImageFit fit);

}  // namespace dlcore
