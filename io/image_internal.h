// The parts of reading a picture that image.cpp puts together. Internal to io.
#pragma once

#include "io/image.h"

namespace dlcore {

/// A picture as its file holds it.
struct EncodedImage {
  std::span<const std::byte> bytes;
  std::string name;  // for messages
  ImageLimits limits;

  const unsigned char* data() const { return reinterpret_cast<const unsigned char*>(bytes.data()); }
};

/// The bytes are known to begin as a PNG file does.
Image decode_png(const EncodedImage& file);

/// The same for JPEG. Sets `orientation` as EXIF counts it, 1 to 8; the pixels are as they lie in the file.
Image decode_jpeg(const EncodedImage& file, int& orientation);

/// The orientation that an APP1 segment of a JPEG file states; 1, "as it is", when the segment is not EXIF's,
/// is damaged or says nothing. `bytes`: the segment behind its length.
int exif_orientation(std::span<const unsigned char> bytes);

/// The picture turned and mirrored so that it stands upright. orientation: as EXIF counts it.
Image upright(Image image, int orientation);

/// ImageTooLarge when a picture of this size is above the limits.
void check_image_size(const EncodedImage& file, std::int64_t width, std::int64_t height);

}  // namespace dlcore
