#include "core/error.h"
#include "tests/catch.h"
#include "tests/io/image_files.h"
#include "tests/temporary_directory.h"

#include "io/atomic_file.h"
#include "io/image_write.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

constexpr int letters = 4;
constexpr std::uint8_t colours[letters][3] = {{250, 20, 20}, {20, 250, 20}, {20, 20, 250}, {250, 250, 20}};

// 24 x 16 pixels; the quarters' colours are A and B above, C and D below.
std::string quarters() {
  const TemporaryDirectory folder;
  Image image{16, 24, {}};
  for (std::int64_t row = 0; row < 16; ++row)
    for (std::int64_t column = 0; column < 24; ++column)
      for (const std::uint8_t value : colours[(row >= 8 ? 2 : 0) + (column >= 12 ? 1 : 0)])
        image.pixels.push_back(value);
  write_jpeg(folder.file("q.jpg"), image, 95);
  return read_file(folder.file("q.jpg"));
}

char letter_at(const Image& image, std::int64_t row, std::int64_t column) {
  const std::uint8_t* const pixel = image.pixels.data() + 3 * (row * image.width + column);
  for (int i = 0; i < letters; ++i)
    if (std::abs(pixel[0] - colours[i][0]) < 40 && std::abs(pixel[1] - colours[i][1]) < 40 &&
        std::abs(pixel[2] - colours[i][2]) < 40)
      return static_cast<char>('A' + i);
  return '?';
}

// "24x16 ABCD": the size, and the quarters from left to right, top to bottom.
std::string describe(const Image& image) {
  std::string text = fmt::format("{}x{} ", image.width, image.height);
  for (const std::int64_t row : {std::int64_t{2}, image.height - 3})
    for (const std::int64_t column : {std::int64_t{2}, image.width - 3})
      text += letter_at(image, row, column);
  return text;
}

std::string number(unsigned value, int bytes, bool big) {
  std::string text = big_endian(value, bytes);
  return big ? text : std::string(text.rbegin(), text.rend());
}

// An APP1 segment: two tags, of which the second is the orientation.
std::string exif(unsigned orientation, bool big, unsigned type = 3, unsigned count = 1, unsigned offset = 8) {
  std::string text = std::string("Exif\0\0", 6) + (big ? "MM" : "II");
  text += number(42, 2, big) + number(offset, 4, big) + number(2, 2, big);
  text += number(0x010f, 2, big) + number(2, 2, big) + number(9, 4, big) + number(0x26, 4, big);  // the maker
  text += number(0x0112, 2, big) + number(type, 2, big) + number(count, 4, big);
  return text + number(orientation, 2, big) + number(0, 2, big) + number(0, 4, big) + "Somebody";
}

}  // namespace

TEST_CASE("image: EXIF's eight orientations") {
  const std::string file = quarters();
  CHECK(describe(decode(file)) == "24x16 ABCD");
  // EXIF says on which side the file's first row and first column are seen.
  const char* const expected[] = {
      "24x16 ABCD",  // the top, the left
      "24x16 BADC",  // the top, the right
      "24x16 DCBA",  // the bottom, the right
      "24x16 CDAB",  // the bottom, the left
      "16x24 ACBD",  // the left, the top
      "16x24 CADB",  // the right, the top
      "16x24 DBCA",  // the right, the bottom
      "16x24 BDAC",  // the left, the bottom
  };
  for (unsigned orientation = 1; orientation <= 8; ++orientation)
    for (const bool big : {false, true}) {
      INFO(orientation);
      CHECK(describe(decode(with_segment(file, 0xe1, exif(orientation, big)))) == expected[orientation - 1]);
    }
}

TEST_CASE("image: EXIF that says nothing sensible is as good as none") {
  const std::string file = quarters();
  const auto seen = [&](const std::string& segment) {
    return describe(decode(with_segment(file, 0xe1, segment)));
  };
  const std::string same = "24x16 ABCD";
  for (const bool big : {false, true}) {
    for (const unsigned orientation : {0u, 9u, 256u, 65535u}) CHECK(seen(exif(orientation, big)) == same);
    CHECK(seen(exif(6, big, 2)) == same);
    CHECK(seen(exif(6, big, 3, 0)) == same);
    for (const unsigned offset : {0u, 9u, 59u, 1000u, 0x7fffffffu, 0xffffffffu, 0xfffffffau})
      CHECK(seen(exif(6, big, 3, 1, offset)) == same);
    const std::string whole = exif(6, big);
    const std::size_t needed = 6 + 8 + 2 + 2 * 12;  // two whole tags
    for (std::size_t length = 0; length < whole.size(); ++length)
      CHECK(seen(whole.substr(0, length)) == (length < needed ? same : "16x24 CADB"));
    for (std::size_t at = 0; at < whole.size(); ++at)  // anything but a crash
      for (const char value : {'\0', '\x7f', '\xff'}) {
        std::string bad = whole;
        bad[at] = value;
        CHECK(seen(bad).find('?') == std::string::npos);
      }
  }
  CHECK(seen("Exif") == same);
  CHECK(seen(std::string("Exif\0\0XX*\0\0\0\0\x8", 14)) == same);
}
