#include "tests/io/image_files.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "core/error.h"
#include "io/atomic_file.h"

namespace dlcore::test {

namespace {

const std::string folder = std::string(DLCORE_TEST_GOLDEN) + "/images/";

std::size_t number(const std::string& text, std::size_t at, std::size_t bytes) {
  std::size_t value = 0;
  for (std::size_t i = 0; i < bytes; ++i) value = value << 8 | static_cast<unsigned char>(text.at(at + i));
  return value;
}

// PNG's: CRC-32 as in ISO 3309.
std::uint32_t checksum(const std::string& text, std::size_t at, std::size_t bytes) {
  std::uint32_t sum = 0xffffffff;
  for (std::size_t i = at; i < at + bytes; ++i) {
    sum ^= static_cast<unsigned char>(text[i]);
    for (int bit = 0; bit < 8; ++bit) sum = sum & 1 ? sum >> 1 ^ 0xedb88320 : sum >> 1;
  }
  return ~sum;
}

}  // namespace

std::vector<std::string> golden_image_names() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

std::string golden_image(const std::string& name) {
  return read_file(folder + name);
}

Image decode(const std::string& bytes, const ImageLimits& limits) {
  return decode_image(std::as_bytes(std::span(bytes)), "a.pic", limits);
}

int largest_difference(const Image& image, const Image& other) {
  int largest = 0;
  if (image.height != other.height || image.width != other.width) return 256;
  if (image.pixels.size() != other.pixels.size()) return 256;
  for (std::size_t i = 0; i < image.pixels.size(); ++i)
    largest = std::max(largest, std::abs(image.pixels[i] - other.pixels[i]));
  return largest;
}

std::string big_endian(std::uint64_t value, int bytes) {
  std::string text;
  for (int i = bytes; i-- > 0;) text += static_cast<char>(value >> (8 * i) & 0xff);
  return text;
}

std::string with_segment(const std::string& jpeg, unsigned char marker, const std::string& contents) {
  const std::string segment =
      std::string{'\xff', static_cast<char>(marker)} + big_endian(contents.size() + 2, 2) + contents;
  return jpeg.substr(0, 2) + segment + jpeg.substr(2);
}

std::size_t find_segment(const std::string& jpeg, unsigned char marker) {
  for (std::size_t at = 2; at + 4 < jpeg.size(); at += 2 + number(jpeg, at + 2, 2))
    if (static_cast<unsigned char>(jpeg[at + 1]) == marker) return at;
  fail("the JPEG file has no segment {:x}", marker);
}

std::string with_sums(std::string png) {
  for (std::size_t at = 8; at + 12 <= png.size();) {
    const std::size_t length = number(png, at, 4);
    if (length > png.size() - at - 12) break;
    png.replace(at + 8 + length, 4, big_endian(checksum(png, at + 4, length + 4), 4));
    at += 12 + length;
  }
  return png;
}

}  // namespace dlcore::test
