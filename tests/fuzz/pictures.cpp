#include "tests/fuzz/pictures.h"

#include "io/image_resize.h"
#include "tests/fuzz/target.h"

namespace dlcore::fuzz {

void use_picture(const std::uint8_t* data, std::size_t size, const char* name) {
  constexpr ImageLimits limits{.max_pixels = 1 << 18};  // small ones, so that many are tried
  accepted([&] {
    const Image image = decode_image(std::as_bytes(std::span(data, size)), name, limits);
    expect(image.height > 0 && image.width > 0 && image.height * image.width <= limits.max_pixels,
           "a picture within the limits");
    expect(static_cast<std::int64_t>(image.pixels.size()) == image.height * image.width * 3, "all pixels");
    touch_all(image.pixels);
    for (const ImageFit fit : {ImageFit::crop, ImageFit::squash})
      accepted([&] {
        const Image square = make_square(image, 8, fit);
        expect(square.height == 8 && square.width == 8 && square.pixels.size() == 192, "a square");
        touch_all(square.pixels);
      });
  });
}

}  // namespace dlcore::fuzz
