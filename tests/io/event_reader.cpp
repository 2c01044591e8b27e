#include "tests/io/event_reader.h"

#include <cstring>
#include <filesystem>
#include <stdexcept>

#include "io/atomic_file.h"

namespace dlcore::test {
namespace {

void expect(bool right, const std::string& what) {
  if (!right) throw std::runtime_error(what);
}

class Bytes {
 public:
  explicit Bytes(std::string_view bytes) : rest_(bytes) {}
  bool empty() const { return rest_.empty(); }
  std::string_view take(std::uint64_t count) {
    expect(count <= rest_.size(), "cut off");
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }
  template <class T>
  T little_endian() {
    T value{};
    const std::string_view bytes = take(sizeof value);
    std::memcpy(&value, bytes.data(), bytes.size());
    return value;
  }
  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (int shift = 0;; shift += 7) {
      expect(shift < 64, "a varint of more than ten bytes");
      const auto byte = static_cast<unsigned char>(take(1)[0]);
      value |= static_cast<std::uint64_t>(byte & 127) << shift;
      if (byte < 128) return value;
    }
  }

 private:
  std::string_view rest_;
};

template <class To, class From>
To bits_as(From bits) {
  To value;
  static_assert(sizeof value == sizeof bits);
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

void check_crc(std::string_view bytes, std::uint32_t masked) {
  const std::uint32_t rotated = masked - 0xa282ead8u;
  expect((rotated >> 17 | rotated << 15) == slow_crc32c(bytes), "a wrong checksum");
}

ReadEvent parse_event(std::string_view bytes) {
  const WireMessage event(bytes);
  ReadEvent read;
  read.wall_time = bits_as<double>(event.number(1));
  if (event.has(2)) read.step = static_cast<std::int64_t>(event.number(2));
  if (event.has(3)) read.version = event.bytes(3);
  if (!event.has(5)) return read;
  const WireMessage value = event.message(5).message(1);
  read.tag = value.bytes(1);
  if (value.has(2)) read.scalar = bits_as<float>(static_cast<std::uint32_t>(value.number(2)));
  if (value.has(4)) {
    const WireMessage image = value.message(4);
    read.height = static_cast<std::int64_t>(image.number(1));
    read.width = static_cast<std::int64_t>(image.number(2));
    expect(image.number(3) == 3, "a picture that is not RGB");
    read.encoded = image.bytes(4);
  }
  if (value.has(8)) {
    const WireMessage tensor = value.message(8);
    expect(tensor.number(1) == 7, "a tensor that is not of strings");
    read.text = tensor.bytes(8);
  }
  if (value.has(9)) read.plugin = value.message(9).message(1).bytes(1);
  return read;
}

}  // namespace

WireMessage::WireMessage(std::string_view bytes) {
  for (Bytes rest(bytes); !rest.empty();) {
    const std::uint64_t tag = rest.varint();
    Field field;
    switch (tag & 7) {
      case 0:
        field.number = rest.varint();
        break;
      case 1:
        field.number = rest.little_endian<std::uint64_t>();
        break;
      case 2:
        field.bytes = rest.take(rest.varint());
        break;
      case 5:
        field.number = rest.little_endian<std::uint32_t>();
        break;
      default:
        expect(false, "a field of an unknown kind");
    }
    fields[static_cast<int>(tag >> 3)].push_back(field);
  }
}

std::uint32_t slow_crc32c(std::string_view bytes) {
  // Polynomial 0x1EDC6F41, bits in and out reversed.
  const auto reversed = [](std::uint32_t x, int bits) {
    std::uint32_t y = 0;
    for (int i = 0; i < bits; ++i) y |= (x >> i & 1) << (bits - 1 - i);
    return y;
  };
  std::uint32_t crc = ~0u;
  for (const char c : bytes) {
    crc ^= reversed(static_cast<unsigned char>(c), 8) << 24;
    for (int bit = 0; bit < 8; ++bit) crc = crc << 1 ^ (crc >> 31 ? 0x1EDC6F41u : 0);
  }
  return ~reversed(crc, 32);
}

std::vector<ReadEvent> read_events(const std::string& path) {
  const std::string file = read_file(path);
  std::vector<ReadEvent> events;
  for (Bytes rest(file); !rest.empty();) {
    const std::string_view header = rest.take(8);
    check_crc(header, rest.little_endian<std::uint32_t>());
    const std::string_view record = rest.take(Bytes(header).little_endian<std::uint64_t>());
    check_crc(record, rest.little_endian<std::uint32_t>());
    events.push_back(parse_event(record));
  }
  return events;
}

std::string event_file_in(const std::string& folder) {
  std::string found;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().filename().string().find("tfevents") == std::string::npos) continue;
    expect(found.empty(), "two event files in " + folder);
    found = entry.path().string();
  }
  expect(!found.empty(), "no event file in " + folder);
  return found;
}

}  // namespace dlcore::test
