// A fast checksum of 64 bits, to find out that data is not what it was. Not against an attacker.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace dlcore {

/// `start`: the checksum of what comes before; that of a text in pieces is another one than that of the
/// whole.
inline std::uint64_t checksum(std::string_view bytes, std::uint64_t start = 0) {
  constexpr std::uint64_t prime = 0x9E3779B97F4A7C15u;
  std::uint64_t hash = start ^ (bytes.size() * prime);
  const auto mix = [&](std::uint64_t word) {
    hash = (hash ^ word) * prime;
    hash ^= hash >> 32;
  };
  std::size_t at = 0;
  for (; at + 8 <= bytes.size(); at += 8) {
    std::uint64_t word;
    std::memcpy(&word, bytes.data() + at, 8);
    mix(word);
  }
  std::uint64_t word = 0;
  if (at < bytes.size()) std::memcpy(&word, bytes.data() + at, bytes.size() - at);
  mix(word);
  mix(bytes.size());
  return hash;
}

}  // namespace dlcore
