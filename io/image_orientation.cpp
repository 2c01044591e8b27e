// EXIF: a TIFF file in an APP1 segment. Its first directory has, as tag 0x0112, how the camera was held.
// Source: EXIF 2.3 (CIPA DC-008), 4.6.4 and 4.6.5.
#include <cstring>

#include "io/image_internal.h"

namespace dlcore {

namespace {

constexpr std::size_t entry_bytes = 12;

class TiffReader {
 public:
  explicit TiffReader(std::span<const unsigned char> bytes) : bytes_(bytes) {
    big_ = bytes.size() > 1 && bytes[0] == 'M' && bytes[1] == 'M';
    valid_ = bytes.size() >= 8 && (big_ || (bytes[0] == 'I' && bytes[1] == 'I')) && number(2, 2) == 42;
  }
  bool valid() const { return valid_; }
  bool has(std::size_t at, std::size_t count) const {
    return at <= bytes_.size() && count <= bytes_.size() - at;
  }

  // `count` bytes, which must be there.
  std::uint32_t number(std::size_t at, std::size_t count) const {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < count; ++i) value = value << 8 | bytes_[at + (big_ ? i : count - 1 - i)];
    return value;
  }

 private:
  std::span<const unsigned char> bytes_;
  bool big_ = false;
  bool valid_ = false;
};

}  // namespace

int exif_orientation(std::span<const unsigned char> bytes) {
  constexpr char name[] = {'E', 'x', 'i', 'f', 0, 0};
  if (bytes.size() < sizeof name || std::memcmp(bytes.data(), name, sizeof name) != 0) return 1;
  const TiffReader tiff(bytes.subspan(sizeof name));
  if (!tiff.valid()) return 1;
  std::size_t at = tiff.number(4, 4);
  if (!tiff.has(at, 2)) return 1;
  const std::uint32_t entries = tiff.number(at, 2);
  at += 2;
  for (std::uint32_t i = 0; i < entries && tiff.has(at, entry_bytes); ++i, at += entry_bytes) {
    constexpr std::uint32_t orientation_tag = 0x0112, short_type = 3;
    if (tiff.number(at, 2) != orientation_tag) continue;
    const std::uint32_t value = tiff.number(at + 8, 2);
    const bool good = tiff.number(at + 2, 2) == short_type && tiff.number(at + 4, 4) == 1;
    return good && value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
  }
  return 1;
}

Image upright(Image image, int orientation) {
  if (orientation <= 1) return image;
  // Where in the file the upright picture's first pixel lies, and which way its rows and columns run.
  const std::int64_t right = 1;
  const std::int64_t down = image.width;
  const bool turned = orientation >= 5;
  const bool from_right = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  const bool from_bottom = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  const std::int64_t along_x = from_right ? -right : right;
  const std::int64_t along_y = from_bottom ? -down : down;
  const std::int64_t row_step = turned ? along_x : along_y;
  const std::int64_t column_step = turned ? along_y : along_x;
  const std::int64_t first =
      (from_right ? image.width - 1 : 0) + (from_bottom ? (image.height - 1) * image.width : 0);

  Image result{turned ? image.width : image.height, turned ? image.height : image.width, {}};
  result.pixels.resize(image.pixels.size());
  std::uint8_t* to = result.pixels.data();
  for (std::int64_t row = 0; row < result.height; ++row)
    for (std::int64_t column = 0; column < result.width; ++column, to += 3)
      std::memcpy(to, image.pixels.data() + 3 * (first + row * row_step + column * column_step), 3);
  return result;
}

}  // namespace dlcore
