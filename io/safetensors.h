// Tensors by name with string metadata in a .safetensors file (https://github.com/huggingface/safetensors): 8
// bytes header length (little endian), a JSON header, the tensors' bytes.
//
//     {"__metadata__": {"key": "value"}, "linear/w": {"dtype": "F32", "shape": [512, 10], "data_offsets": [0,
//     20480]}}
//
// A file is trusted in nothing: reading checks lengths, offsets (in order, no overlap, no gap), shape x type
// against bytes, duplicate names, depth and size of the header, and throws Error with one sentence. Memory:
// at most 32 times the header's bytes, of which there may be 100 million and as many as the file has; a
// tensor's are in the file.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/dtype.h"
#include "core/shape.h"
#include "core/tensor.h"
#include "io/atomic_file.h"
#include "io/stored_tensor.h"

namespace dlcore {

class SafetensorsReader {
 public:
  /// Reads and checks the header.
  explicit SafetensorsReader(const std::string& path);

  const std::string& path() const { return path_; }
  const std::map<std::string, std::string>& metadata() const { return metadata_; }
  const std::string& metadata(const std::string& key) const;  // Error that lists the keys when it is missing
  std::vector<std::string> names() const;                     // in alphabetical order
  bool contains(const std::string& name) const { return entries_.contains(name); }
  Shape shape(const std::string& name) const;              // Error that lists the tensors when it is missing
  std::string stored_type(const std::string& name) const;  // "F32", ...

  /// The tensor on the CPU: F32, F64, BF16, I32, I64 as they are, F16 as float32; Error for other types.
  Tensor read(const std::string& name) const;
  /// The tensor's bytes as they are in the file; `to` has room for all of them, StoredTensor::bytes().
  void read_bytes(const std::string& name, std::byte* to) const;
  /// Reads all of a file that was written with SafetensorsWriter::Checksum::crc32c. Error where its bytes are
  /// not those that were written.
  void check_bytes() const;

 private:
  struct Entry {
    std::string type;
    Shape shape;
    std::uint64_t begin = 0;  // byte in the file
    std::uint64_t end = 0;
  };
  const Entry& entry(const std::string& name) const;

  std::string path_;
  std::map<std::string, std::string> metadata_;
  std::map<std::string, Entry> entries_;
};

/// Writes tensors whose bytes come one after the other, so that one of them at a time is in memory. The file
/// is written under a temporary name, synced and renamed: `path` is the old file or the whole new one. The
/// tensors' bytes start at a multiple of 8 and each tensor at a multiple of its element size (wide elements
/// come first).
class SafetensorsWriter {
 public:
  /// crc32c: a last tensor of four bytes, "crc32c", has the CRC (io/crc32c.h) of all bytes before its own.
  enum class Checksum : unsigned char { none, crc32c };

  /// Error for a name that is there twice, is no UTF-8 or is __metadata__.
  SafetensorsWriter(const std::string& path, std::vector<StoredTensor> tensors,
                    const std::map<std::string, std::string>& metadata = {},
                    Checksum checksum = Checksum::none);

  /// The order in which write() wants the tensors: by element size, else as they were given.
  const std::vector<StoredTensor>& order() const { return order_; }

  void write(const void* data, std::size_t bytes);  // the next bytes of the tensors
  void finish();                                    // Error unless all bytes came

 private:
  void put(const void* data, std::size_t bytes);

  std::vector<StoredTensor> order_;
  AtomicFile file_;
  Checksum checksum_;
  std::uint32_t crc_ = 0;
  std::uint64_t missing_ = 0;  // bytes that have not come yet
};

struct NamedTensor {
  std::string name;
  Tensor tensor;  // on any device
};

/// The same for tensors in memory.
void write_safetensors(const std::string& path, const std::vector<NamedTensor>& tensors,
                       const std::map<std::string, std::string>& metadata = {},
                       SafetensorsWriter::Checksum checksum = SafetensorsWriter::Checksum::none);

/// The name of the tensor that holds the checksum.
inline constexpr const char* safetensors_crc = "crc32c";

}  // namespace dlcore
