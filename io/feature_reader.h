// Image features in an HDF5 dataset, read as float32 in any order and never held whole.
//
// Stored: (n, D) or (n, C, H, W) of float16, float32, float64 or bfloat16 (an HDF5 floating type with 8
// exponent bits, or uint16 with a dataset attribute "bfloat16"); or, where asked for, pictures. Rows of the
// first dimension belong to images. Or the inputs of examples, which have two to five dimensions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "core/shape.h"

namespace dlcore {

class FeatureReader {
 public:
  struct Options {
    // Decoded chunks that are kept, for datasets whose chunks hold several rows: reading in shuffled order
    // decodes a chunk again for almost every row unless the cache holds all chunks.
    std::size_t cache_bytes = std::size_t{64} << 20;
    bool pictures = false;  // the dataset holds pictures (n, S, S, 3) of uint8, read as the numbers 0 to 255
    bool inputs = false;    // the dataset has rank 2 to 5, and may be of uint8, read as value / 255
  };

  /// Error for what Hdf5File::open and dataset() refuse, a rank other than 2 or 4, a size of zero in a row,
  /// or elements that are not floating; with options.pictures or .inputs for what is not said there.
  FeatureReader(const std::string& path, const std::string& dataset);
  FeatureReader(const std::string& path, const std::string& dataset, Options options);
  ~FeatureReader();
  FeatureReader(FeatureReader&&) noexcept;
  FeatureReader& operator=(FeatureReader&&) noexcept;

  const std::string& path() const;
  const std::string& dataset() const;
  const std::string& stored_type() const;  // "float16", ...
  const Shape& shape() const;              // (n, D), (n, C, H, W), ...
  const Shape& row_shape() const;          // (D), (C, H, W), ...
  std::int64_t count() const;              // n
  std::int64_t row_size() const;           // D, C*H*W, ...

  /// out (rows.size(), row_size()): the rows as asked for; they may repeat. Error for a row out of range, for
  /// NaN or infinity in what was read (names file, row and column), for a file that has become shorter. May
  /// be called from several threads; calls on one reader run one after the other.
  void read(std::span<const std::int64_t> rows, float* out) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace dlcore
