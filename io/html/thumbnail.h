// Small copies of pictures, as files in memory, for pages and TensorBoard.
#pragma once

#include <string>

#include "io/image.h"

namespace dlcore {

struct Thumbnail {
  std::string bytes;  // a whole JPEG file, or PNG of a picture that was tiny already
  std::int64_t height = 0, width = 0;
};

/// A picture whose longer side has more than `side` pixels is brought down to that; none is enlarged.
Thumbnail make_thumbnail(const Image& image, std::int64_t side = 224);

/// As an image's address in HTML, "data:image/jpeg;base64,...".
std::string data_uri(const Thumbnail& thumbnail);

}  // namespace dlcore
