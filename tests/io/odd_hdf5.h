// HDF5 files of kinds that dlcore reads but does not write, or should refuse.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace dlcore::test {

enum class OddType {
  float64,
  big_endian_float32,
  uint16,
  int64,
  uint64,
  int8,
  uint8,
  float16,
  float32,
  int32
};

struct OddDataset {
  std::string name;
  OddType type;
  std::vector<std::uint64_t> shape;
  std::vector<double> values;             // row-major; converted (for float16 and uint16: the bits)
  std::vector<std::uint64_t> chunk = {};  // empty: in one piece
  bool gzip = false;
  std::string attribute = {};  // an integer attribute of this name, if any
};

/// Groups in the names are made.
void write_odd_hdf5(const std::string& path, const std::vector<OddDataset>& datasets);

/// One dataset `text` of strings of fixed length, padded with spaces or zeros.
void write_fixed_text(const std::string& path, const std::vector<std::string>& texts, std::size_t slot,
                      bool spaces);

/// One dataset `text` of strings of any length, and the last of them as the attribute `note` of the root.
void write_varying_text(const std::string& path, const std::vector<std::string>& texts);

/// Adds texts of any length as a dataset `name`, or as an attribute of the root, to a file that is there.
void add_texts(const std::string& path, const std::string& name, const std::vector<std::string>& texts,
               bool as_attribute);

/// A dataset that claims a shape without having data, a group `group` and a dataset `compound` of pairs.
void write_claims(const std::string& path, const std::vector<std::uint64_t>& shape);

}  // namespace dlcore::test
