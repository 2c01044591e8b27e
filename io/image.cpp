#include "io/image.h"

#include <cstring>
#include <string_view>

#include "core/error.h"
#include "io/atomic_file.h"
#include "io/image_internal.h"

namespace dlcore {

namespace {

// The first bytes of kinds of files; '?' stands for any byte.
struct Kind {
  std::string_view begin;
  const char* name;
};

constexpr std::string_view jpeg_begin = "\xff\xd8\xff";
constexpr std::string_view png_begin = "\x89PNG\r\n\x1a\n";

constexpr Kind other_kinds[] = {{"GIF8", "a GIF picture"},
                                {"RIFF????WEBP", "a WebP picture"},
                                {"????ftypheic", "an HEIC picture"},
                                {"????ftypheix", "an HEIC picture"},
                                {"????ftypmif1", "an HEIF picture"},
                                {"????ftypavif", "an AVIF picture"},
                                {"BM????", "a BMP picture"},
                                {"II*", "a TIFF picture"},
                                {"MM\0*", "a TIFF picture"},
                                {"????jP  ", "a JPEG 2000 picture"},
                                {"\xff\x0a", "a JPEG XL picture"},
                                {"????JXL ", "a JPEG XL picture"},
                                {"8BPS", "a Photoshop picture"},
                                {"%PDF", "a PDF document"},
                                {"<!DOCTYPE", "a web page"},
                                {"<!doctype", "a web page"},
                                {"<html", "a web page"},
                                {"<svg", "an SVG picture"},
                                {"\x89HDF\r\n\x1a\n", "an HDF5 file"}};

bool begins(std::string_view text, std::string_view with) {
  if (text.size() < with.size()) return false;
  for (std::size_t i = 0; i < with.size(); ++i)
    if (with[i] != '?' && with[i] != text[i]) return false;
  return true;
}

[[noreturn]] void refuse(std::string_view text, const std::string& name) {
  require(!text.empty(), "{} is empty, so it is no picture", name);
  for (const Kind& kind : other_kinds)
    if (begins(text, kind.begin))
      fail("{} is {}, but only JPEG and PNG pictures can be read: convert it first", name, kind.name);
  fail("{} is neither a JPEG nor a PNG file", name);
}

}  // namespace

void check_image_size(const EncodedImage& file, std::int64_t width, std::int64_t height) {
  require(width > 0 && height > 0, "{} claims to be a picture of {} x {} pixels", file.name, width, height);
  if (width > file.limits.max_pixels / height)
    throw ImageTooLarge(fmt::format("{} claims {} x {} pixels, more than the limit of {}", file.name, width,
                                    height, file.limits.max_pixels));
}

Image decode_image(std::span<const std::byte> bytes, const std::string& name, const ImageLimits& limits) {
  const EncodedImage file{bytes, name, limits};
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (begins(text, png_begin)) return decode_png(file);
  if (!begins(text, jpeg_begin)) refuse(text, name);
  int orientation = 1;
  Image image = decode_jpeg(file, orientation);
  return upright(std::move(image), orientation);
}

Image read_image(const std::string& path, const ImageLimits& limits) {
  const std::string text = read_file(path);
  return decode_image(std::as_bytes(std::span(text)), path, limits);
}

}  // namespace dlcore
