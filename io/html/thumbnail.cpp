#include "io/html/thumbnail.h"

#include <algorithm>

#include "io/base64.h"
#include "io/image_resize.h"
#include "io/image_write.h"

namespace dlcore {

Thumbnail make_thumbnail(const Image& image, std::int64_t side) {
  constexpr std::int64_t tiny = 64;  // where JPEG's blocks would be seen
  constexpr int quality = 80;
  const std::string name = "a small copy of a picture";
  const std::int64_t longer = std::max(image.height, image.width);
  if (longer <= tiny) return {encode_png(image, name), image.height, image.width};
  if (longer <= side) return {encode_jpeg(image, name, quality), image.height, image.width};
  const auto scaled = [&](std::int64_t length) {
    return std::max<std::int64_t>((length * side + longer / 2) / longer, 1);
  };
  const Image small = resize_image(image, scaled(image.height), scaled(image.width));
  return {encode_jpeg(small, name, quality), small.height, small.width};
}

std::string data_uri(const Thumbnail& thumbnail) {
  const bool png = thumbnail.bytes.starts_with("\x89PNG");
  return std::string("data:image/") + (png ? "png" : "jpeg") + ";base64," + base64(thumbnail.bytes);
}

}  // namespace dlcore
