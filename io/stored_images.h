// The pictures in a data file (io/FORMAT.md): (n, S, S, 3) uint8, RGB.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "io/hdf5.h"

namespace dlcore {

class ImageStore {
 public:
  /// Opens the pictures of `split`. Error when the file is no data file, or has no such split, or no pictures
  /// in it, or pictures of another shape or type.
  ImageStore(const std::string& path, const std::string& split);

  std::int64_t count() const { return count_; }  // n
  std::int64_t size() const { return size_; }    // S
  std::int64_t bytes() const { return size_ * size_ * 3; }
  /// JSON: how the pictures were made; empty where the file does not say.
  const std::string& description() const { return description_; }

  /// One picture (S, S, 3). May be called from several threads at once. Error for a row outside 0 ..
  /// count()-1 and for a damaged file.
  void read(std::int64_t row, std::span<std::uint8_t> pixels) const;

 private:
  Hdf5Dataset data_;
  std::int64_t count_ = 0;
  std::int64_t size_ = 0;
  std::string description_;
};

}  // namespace dlcore
