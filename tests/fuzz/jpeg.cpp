// Pictures in JPEG files.
#include "tests/fuzz/pictures.h"
#include "tests/fuzz/targets.h"

namespace dlcore::fuzz {

int fuzz_jpeg(const std::uint8_t* data, std::size_t size) {
  use_picture(data, size, "picture.jpeg");
  return 0;
}

}  // namespace dlcore::fuzz
