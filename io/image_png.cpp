#include <cstring>

#include "core/error.h"
#include "io/image_internal.h"
#include "io/png_guard.h"

namespace dlcore {

namespace {

class PngDecoder {
 public:
  explicit PngDecoder(const EncodedImage& file) : file_(file) {
    png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, &errors_, PngErrors::leave, PngErrors::ignore);
    if (png_) info_ = png_create_info_struct(png_);
    if (info_) return;
    png_destroy_read_struct(&png_, &info_, nullptr);
    fail("cannot decode {}: libpng did not start", file.name);
  }
  ~PngDecoder() { png_destroy_read_struct(&png_, &info_, nullptr); }
  PngDecoder(const PngDecoder&) = delete;
  PngDecoder& operator=(const PngDecoder&) = delete;

  Image decode() {
    read_header();
    Image image{png_get_image_height(png_, info_), png_get_image_width(png_, info_), {}};
    const bool has_alpha = ask_for_8_bit_rgb();
    const auto row_bytes = static_cast<std::size_t>((has_alpha ? 4 : 3) * image.width);
    image.pixels.resize(row_bytes * static_cast<std::size_t>(image.height));
    std::vector<png_bytep> rows(static_cast<std::size_t>(image.height));
    for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = image.pixels.data() + i * row_bytes;
    guarded([&] {
      png_read_image(png_, rows.data());
      png_read_end(png_, nullptr);
    });
    if (has_alpha) lay_over_white(image);
    return image;
  }

 private:
  template <class Step>
  void guarded(Step step) {
    if (!errors_.run(step)) fail("{} is a damaged PNG file: {}", file_.name, errors_.message);
  }

  void read_header() {
    guarded([&] {
      png_set_read_fn(png_, this, [](png_structp png, png_bytep to, std::size_t count) {
        auto* const self = static_cast<PngDecoder*>(png_get_io_ptr(png));
        if (count > self->file_.bytes.size() - self->at_) png_error(png, "it is truncated");
        std::memcpy(to, self->file_.data() + self->at_, count);
        self->at_ += count;
      });
      png_set_user_limits(png_, PNG_UINT_31_MAX, PNG_UINT_31_MAX);  // check_image_size has its own
      // Texts, colour profiles and the like can be compressed by a factor of a thousand, and nothing here
      // wants them.
      png_set_keep_unknown_chunks(png_, PNG_HANDLE_CHUNK_NEVER, nullptr, -1);
      png_read_info(png_, info_);
    });
    check_image_size(file_, png_get_image_width(png_, info_), png_get_image_height(png_, info_));
  }

  // Whether there will be a fourth channel: alpha.
  bool ask_for_8_bit_rgb() {
    guarded([&] {
      png_set_expand(png_);  // palettes to RGB, fewer than 8 bits to 8, a transparent colour to alpha
      png_set_scale_16(png_);
      png_set_gray_to_rgb(png_);
      png_set_interlace_handling(png_);
      png_read_update_info(png_, info_);
    });
    return png_get_channels(png_, info_) == 4;
  }

  // Drops the fourth channel in place.
  static void lay_over_white(Image& image) {
    const auto count = static_cast<std::size_t>(image.height * image.width);
    const std::uint8_t* from = image.pixels.data();
    std::uint8_t* to = image.pixels.data();
    for (std::size_t i = 0; i < count; ++i, from += 4) {
      const unsigned alpha = from[3];
      for (int c = 0; c < 3; ++c)
        *to++ = static_cast<std::uint8_t>((from[c] * alpha + 255 * (255 - alpha) + 127) / 255);
    }
    image.pixels.resize(3 * count);
  }

  const EncodedImage& file_;
  PngErrors errors_;
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
  std::size_t at_ = 0;  // the next byte of the file
};

}  // namespace

Image decode_png(const EncodedImage& file) {
  return PngDecoder(file).decode();
}

}  // namespace dlcore
