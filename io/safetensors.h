// Tensors by name with string metadata in a .safetensors file (https://github.com/huggingface/safetensors): 8
// bytes header length (little endian), a JSON header, the tensors' bytes.
//
//     {"__metadata__": {"key": "value"}, "linear/w": {"dtype": "F32", "shape": [512, 10], "data_offsets": [0,
//     20480]}}
//
// A file is trusted in nothing: reading checks lengths, offsets (in order, no overlap, no gap), shape x type
// against bytes, duplicate names, depth and size of the header, and throws Error with one sentence.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/dtype.h"
#include "core/shape.h"
#include "core/tensor.h"

namespace dlcore {

class SafetensorsReader {
 public:
  /// Reads and checks the header.
  explicit SafetensorsReader(const std::string& path);

  const std::string& path() const { return path_; }
  const std::map<std::string, std::string>& metadata() const { return metadata_; }
  const std::string& metadata(const std::string& key) const;  // Error that lists the keys when it is missing
  std::vector<std::string> names() const;                     // in alphabetical order
  bool contains(const std::string& name) const { return entries_.count(name) != 0; }
  Shape shape(const std::string& name) const;              // Error that lists the tensors when it is missing
  std::string stored_type(const std::string& name) const;  // "F32", ...

  /// The tensor on the CPU: F32, F64, BF16, I32, I64 as they are, F16 as float32; Error for other types.
  Tensor read(const std::string& name) const;

 private:
  struct Entry {
    std::string type;
    Shape shape;
    std::uint64_t begin = 0;  // byte in the file
    std::uint64_t end = 0;
  };
  struct HeaderParser;
  const Entry& entry(const std::string& name) const;

  std::string path_;
  std::map<std::string, std::string> metadata_;
  std::map<std::string, Entry> entries_;
};

struct NamedTensor {
  std::string name;
  Tensor tensor;  // on any device
};

/// Writes the file under a temporary name, syncs it and renames it: `path` is the old file or the whole new
/// one. The tensors' bytes start at a multiple of 8 and each tensor at a multiple of its element size (wide
/// elements come first). Error for a name that is there twice.
void write_safetensors(const std::string& path, const std::vector<NamedTensor>& tensors,
                       const std::map<std::string, std::string>& metadata = {});

}  // namespace dlcore
