// The two ways in which torch.save lays out a file. Internal to io.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "io/pickle_values.h"
#include "io/torch_objects.h"

namespace dlcore {

class TorchContainer {
 public:
  explicit TorchContainer(const std::string& path) : values(path) {}
  virtual ~TorchContainer() = default;

  PickleValues values;
  TorchObjects objects;
  PickleRef root = 0;  // what was saved
  bool big_endian = false;
  std::uint64_t file_bytes = 0;

  /// Fills `to` from byte `begin` of a storage on.
  virtual void read(std::uint32_t storage, std::uint64_t begin, std::span<std::byte> to) = 0;
};

/// PyTorch 1.6 and newer: a zip archive with NAME/data.pkl, a record NAME/data/KEY per storage and
/// NAME/byteorder.
std::unique_ptr<TorchContainer> open_torch_zip(const std::string& path);

/// Before that, and since then with _use_new_zipfile_serialization=False: five pickles (a magic number, the
/// version 1001, sizes of the machine's types, what was saved, the storages' keys), then per key a count of
/// elements (8 bytes) and the elements, all little endian.
std::unique_ptr<TorchContainer> open_torch_legacy(const std::string& path);

/// A pickle that holds this many bytes is no checkpoint.
constexpr std::uint64_t torch_pickle_limit = 64 << 20;

}  // namespace dlcore
