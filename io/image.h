// Pictures as 8-bit RGB, read from JPEG and PNG files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/error.h"

namespace dlcore {

/// An RGB picture.  pixels: (height, width, 3), row by row.
struct Image {
  std::int64_t height = 0;
  std::int64_t width = 0;
  std::vector<std::uint8_t> pixels;
};

/// What a picture may be at most. Checked against the file's header, before its pixels are decoded: a small
/// file can claim to be a picture of many gigabytes.
struct ImageLimits {
  std::int64_t max_pixels = 100'000'000;  // height x width
};

/// Of a picture above the limits.
class ImageTooLarge : public Error {
 public:
  using Error::Error;
};

/// Reads a picture. The kind of file is known by its first bytes, not by its name.
///
///   JPEG: baseline and progressive; grayscale, RGB, CMYK and YCCK (Adobe's inverted ones too); the EXIF
///         orientation is applied.
///   PNG:  every colour type and depth; 16 bits are reduced to 8, palettes expanded, alpha laid over white.
///
/// Throws Error that names the file for anything else and for a damaged file, ImageTooLarge for one above the
/// limits. Damaged is a file of which some pixels are missing or known to be wrong, although most viewers
/// show what there is of it: a truncated JPEG would otherwise be a half grey picture.
/// Memory: at most 12 bytes for each of max_pixels (a progressive JPEG of four colours), and the file itself.
Image read_image(const std::string& path, const ImageLimits& limits = {});

/// The same from memory; `name` is for messages.
Image decode_image(std::span<const std::byte> bytes, const std::string& name, const ImageLimits& limits = {});

}  // namespace dlcore
