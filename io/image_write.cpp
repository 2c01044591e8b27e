#include "io/image_write.h"

#include <png.h>

#include <cstdlib>

#include "core/error.h"
#include "io/atomic_file.h"
#include "io/jpeg_guard.h"

namespace dlcore {

namespace {

void check(const std::string& name, const Image& image, std::int64_t longest) {
  require(image.height > 0 && image.width > 0 && image.height <= longest && image.width <= longest,
          "cannot write {}: the picture has {} x {} pixels, and each should be 1 to {}", name, image.width,
          image.height, longest);
  require(static_cast<std::int64_t>(image.pixels.size()) == 3 * image.height * image.width,
          "cannot write {}: a picture of {} x {} pixels has {} bytes, not {}", name, image.width,
          image.height, image.pixels.size(), 3 * image.height * image.width);
}

class JpegEncoder {
 public:
  JpegEncoder() { info_.err = &errors_; }
  ~JpegEncoder() {
    jpeg_destroy_compress(&info_);
    std::free(bytes_);
  }
  JpegEncoder(const JpegEncoder&) = delete;
  JpegEncoder& operator=(const JpegEncoder&) = delete;

  void encode(const std::string& name, const Image& image, int quality) {
    const bool done = errors_.run([&] {
      jpeg_create_compress(&info_);
      jpeg_mem_dest(&info_, &bytes_, &size_);
      info_.image_width = static_cast<JDIMENSION>(image.width);
      info_.image_height = static_cast<JDIMENSION>(image.height);
      info_.input_components = 3;
      info_.in_color_space = JCS_RGB;
      jpeg_set_defaults(&info_);
      jpeg_set_quality(&info_, quality, TRUE);
      if (quality >= 90) info_.comp_info[0].h_samp_factor = info_.comp_info[0].v_samp_factor = 1;
      jpeg_start_compress(&info_, TRUE);
      while (info_.next_scanline < info_.image_height) {
        const std::size_t at = 3 * static_cast<std::size_t>(image.width) * info_.next_scanline;
        // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast): libjpeg only reads it
        JSAMPROW row = const_cast<JSAMPROW>(image.pixels.data() + at);
        jpeg_write_scanlines(&info_, &row, 1);
      }
      jpeg_finish_compress(&info_);
    });
    if (!done) fail("cannot write {}: {}", name, errors_.message);
  }

  std::string_view bytes() const { return {reinterpret_cast<const char*>(bytes_), size_}; }

 private:
  JpegErrors errors_;
  jpeg_compress_struct info_ = {};
  unsigned char* bytes_ = nullptr;  // malloc's
  unsigned long size_ = 0;
};

}  // namespace

std::string encode_png(const Image& image, const std::string& name) {
  check(name, image, 1'000'000);
  png_image png = {};
  png.version = PNG_IMAGE_VERSION;
  png.width = static_cast<png_uint_32>(image.width);
  png.height = static_cast<png_uint_32>(image.height);
  png.format = PNG_FORMAT_RGB;
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(png);  // at most
  std::string bytes(size, '\0');
  if (!png_image_write_to_memory(&png, bytes.data(), &size, 0, image.pixels.data(), 0, nullptr))
    fail("cannot write {}: {}", name, png.message);
  bytes.resize(size);
  return bytes;
}

std::string encode_jpeg(const Image& image, const std::string& name, int quality) {
  require(quality >= 1 && quality <= 100, "cannot write {}: the quality is {}, and should be 1 to 100", name,
          quality);
  check(name, image, JPEG_MAX_DIMENSION);
  JpegEncoder encoder;
  encoder.encode(name, image, quality);
  return std::string(encoder.bytes());
}

void write_png(const std::string& path, const Image& image) {
  write_file_atomically(path, encode_png(image, path));
}

void write_jpeg(const std::string& path, const Image& image, int quality) {
  write_file_atomically(path, encode_jpeg(image, path, quality));
}

}  // namespace dlcore
