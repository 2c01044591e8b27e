#include "io/crc32c.h"

#include <array>
#include <bit>
#include <cstddef>
#include <cstring>

namespace dlcore {
namespace {

static_assert(std::endian::native == std::endian::little, "eight bytes at a time are read as they are");

// tables[k][byte]: what a byte with k zero bytes after it does to the CRC, so that eight bytes are eight
// independent look-ups (Kounavis and Berry, "Novel Table Lookup-Based Algorithms for High-Performance CRC
// Generation", 2008): 2 GB/s where one table gave 0.4.
constexpr std::array<std::array<std::uint32_t, 256>, 8> make_tables() {
  constexpr std::uint32_t reversed_polynomial = 0x82F63B78;
  std::array<std::array<std::uint32_t, 256>, 8> tables{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t rest = byte;
    for (int bit = 0; bit < 8; ++bit) rest = (rest >> 1) ^ ((rest & 1) != 0 ? reversed_polynomial : 0);
    tables[0][byte] = rest;
  }
  for (std::size_t k = 1; k < 8; ++k)
    for (std::size_t byte = 0; byte < 256; ++byte)
      tables[k][byte] = (tables[k - 1][byte] >> 8) ^ tables[0][tables[k - 1][byte] & 0xFF];
  return tables;
}

constexpr auto tables = make_tables();

}  // namespace

std::uint32_t crc32c(std::string_view bytes, std::uint32_t start) {
  std::uint32_t crc = ~start;
  std::size_t at = 0;
  for (; at + 8 <= bytes.size(); at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data() + at, 8);
    word ^= crc;
    crc = tables[7][word & 0xFF] ^ tables[6][(word >> 8) & 0xFF] ^ tables[5][(word >> 16) & 0xFF] ^
          tables[4][(word >> 24) & 0xFF] ^ tables[3][(word >> 32) & 0xFF] ^ tables[2][(word >> 40) & 0xFF] ^
          tables[1][(word >> 48) & 0xFF] ^ tables[0][word >> 56];
  }
  for (; at < bytes.size(); ++at)
    crc = (crc >> 8) ^ tables[0][(crc ^ static_cast<std::uint8_t>(bytes[at])) & 0xFF];
  return ~crc;
}

}  // namespace dlcore
