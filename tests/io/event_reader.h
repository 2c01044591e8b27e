// Reads TensorBoard's event files, independently of io/event_file.cpp.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace dlcore::test {

/// A protocol buffer's fields by number, in the file's order. A varint or a fixed number is its bits.
struct WireMessage {
  struct Field {
    std::uint64_t number = 0;
    std::string bytes;
  };
  std::map<int, std::vector<Field>> fields;

  /// Throws std::runtime_error for what is no message.
  explicit WireMessage(std::string_view bytes);
  bool has(int field) const { return fields.contains(field); }
  std::uint64_t number(int field) const { return fields.at(field).at(0).number; }
  const std::string& bytes(int field) const { return fields.at(field).at(0).bytes; }
  WireMessage message(int field) const { return WireMessage(bytes(field)); }
};

/// CRC-32C bit by bit.
std::uint32_t slow_crc32c(std::string_view bytes);

struct ReadEvent {
  double wall_time = 0;
  std::int64_t step = 0;
  std::string version;                     // of the first event only
  std::string tag, plugin, text, encoded;  // text and encoded: of texts and pictures
  std::int64_t height = 0, width = 0;
  float scalar = 0;
};

/// All records of a file. Throws std::runtime_error where a checksum is wrong or a record is cut off.
std::vector<ReadEvent> read_events(const std::string& path);

/// The only event file of a folder.
std::string event_file_in(const std::string& folder);

}  // namespace dlcore::test
