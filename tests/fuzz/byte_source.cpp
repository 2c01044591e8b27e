#include "tests/fuzz/byte_source.h"

#include <algorithm>

namespace dlcore::fuzz {

std::uint8_t ByteSource::byte() {
  if (bytes_.empty()) return 0;
  const auto value = static_cast<std::uint8_t>(bytes_.front());
  bytes_.remove_prefix(1);
  return value;
}

std::uint64_t ByteSource::size() {
  const std::uint8_t kind = byte();
  if (kind < 240) return kind % 24;
  std::uint64_t value = 0;
  for (int i = 0; i < kind - 239 && i < 8; ++i) value = value << 8 | byte();
  return value;
}

std::string ByteSource::take(std::size_t count) {
  const std::string_view part = bytes_.substr(0, std::min(count, bytes_.size()));
  bytes_.remove_prefix(part.size());
  return std::string(part);
}

}  // namespace dlcore::fuzz
