// TensorBoard's event files: scalars, texts and pictures by step.
//
// A file is a sequence of records: length (uint64, little-endian), masked CRC-32C of these 8 bytes, the
// bytes, their masked CRC-32C. Each record is a protocol buffer tensorflow.Event.
// Source: tensorflow/core/util/event.proto, framework/summary.proto and lib/io/record_writer.h.
#pragma once

#include <cstdint>
#include <string>

#include "io/protobuf_wire.h"

namespace dlcore {

/// A CRC as these records have it: rotated and shifted, since the CRC of bytes with their CRC is degenerate.
std::uint32_t masked_crc32c(std::string_view bytes);

class EventFile {
 public:
  /// The file will be FOLDER/events.out.tfevents.SECONDS.dlcore: TensorBoard finds it by such a name.
  explicit EventFile(const std::string& folder);
  ~EventFile();
  EventFile(const EventFile&) = delete;
  EventFile& operator=(const EventFile&) = delete;

  // Queue one value each, under a tag as "loss/train"; flush() writes them. In texts what is no UTF-8, which
  // no reader would take, becomes U+FFFD.
  void scalar(std::int64_t step, const std::string& tag, double value);
  void text(std::int64_t step, const std::string& tag, const std::string& markdown);
  /// encoded: a whole PNG or JPEG file of an RGB picture.
  void image(std::int64_t step, const std::string& tag, std::int64_t height, std::int64_t width,
             std::string_view encoded);
  /// Appends what is queued, after which a reader finds whole records only; the first time it makes the file.
  /// Error when it cannot be written.
  void flush();
  /// In place of a new file, goes on with one that an earlier object made, where it had `size` bytes: what
  /// follows there is dropped, what is queued is too. False, and nothing is done, where there is no such file
  /// or it is shorter. Error where it can't be written.
  bool go_on(const std::string& path, std::int64_t size);

  const std::string& path() const { return path_; }
  std::int64_t size() const { return size_; }  // of what is written

 private:
  void add(std::int64_t step, const ProtobufMessage& value);
  void add_record(const ProtobufMessage& event);

  std::string path_;
  int descriptor_ = -1;
  std::int64_t size_ = 0;
  std::string queued_;
};

/// Whether a file's name is one of those that EventFile makes.
bool is_event_file(const std::string& name);

}  // namespace dlcore
