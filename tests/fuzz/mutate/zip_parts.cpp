#include "tests/fuzz/mutate/zip_parts.h"

#include <cstdint>

#include "tests/fuzz/mutate/checksums.h"

namespace dlcore::fuzz {
namespace {

const std::uint8_t* at(const std::string& text, std::size_t place) {
  return reinterpret_cast<const std::uint8_t*>(text.data()) + place;
}

std::string number(std::uint64_t value, int bytes) {
  std::string text(static_cast<std::size_t>(bytes), '\0');
  put_little_endian(reinterpret_cast<std::uint8_t*>(text.data()), value, bytes);
  return text;
}

// What the local and the central header have in common, from the version on.
std::string description(const std::string& name, const std::string& content) {
  const std::uint32_t sum = crc32(at(content, 0), content.size());
  return number(20, 2) + number(0, 2) + number(0, 2) + number(0, 4) + number(sum, 4) +
         number(content.size(), 4) + number(content.size(), 4) + number(name.size(), 2) + number(0, 2);
}

}  // namespace

ZipParts zip_parts(const std::string& file) {
  ZipParts parts;
  for (std::size_t i = 0; i + 30 <= file.size() && file.compare(i, 4, "PK\3\4") == 0;) {
    const std::uint64_t size = little_endian(at(file, i + 18), 4), name = little_endian(at(file, i + 26), 2),
                        extra = little_endian(at(file, i + 28), 2);
    const bool stored =
        little_endian(at(file, i + 8), 2) == 0 && (little_endian(at(file, i + 6), 2) & 8) == 0;
    const std::size_t begin = i + 30 + name + extra;
    if (!stored || begin > file.size() || size > file.size() - begin) return {};
    parts.emplace_back(file.substr(i + 30, name), file.substr(begin, size));
    i = begin + size;
  }
  return parts;
}

std::string zip_of(const ZipParts& parts) {
  std::string file, directory;
  for (const auto& [name, content] : parts) {
    const std::string about = description(name, content);
    directory += "PK\1\2" + number(20, 2) + about + number(0, 2) + number(0, 2) + number(0, 2) +
                 number(0, 4) + number(file.size(), 4) + name;
    file += "PK\3\4" + about + name + content;
  }
  const std::uint64_t begin = file.size();
  return file + directory + "PK\5\6" + number(0, 4) + number(parts.size(), 2) + number(parts.size(), 2) +
         number(directory.size(), 4) + number(begin, 4) + number(0, 2);
}

}  // namespace dlcore::fuzz
