// Pictures in PNG files.
#include "tests/fuzz/pictures.h"
#include "tests/fuzz/targets.h"

namespace dlcore::fuzz {

int fuzz_png(const std::uint8_t* data, std::size_t size) {
  use_picture(data, size, "picture.png");
  return 0;
}

}  // namespace dlcore::fuzz
