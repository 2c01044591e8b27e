// Decisions from an input's bytes, for targets that build a file from them. At the end all are 0.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace dlcore::fuzz {

class ByteSource {
 public:
  explicit ByteSource(std::string_view bytes) : bytes_(bytes) {}

  bool empty() const { return bytes_.empty(); }
  std::uint8_t byte();
  /// 0 to below `limit`, which is 1 to 256.
  int below(int limit) { return byte() % limit; }
  bool flag() { return (byte() & 1) != 0; }
  /// Little numbers mostly, and now and then one of any size.
  std::uint64_t size();
  std::string take(std::size_t count);

 private:
  std::string_view bytes_;
};

}  // namespace dlcore::fuzz
