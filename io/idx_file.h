// IDX files, in which MNIST and its successors come: bytes with their extents in front, as they are or
// gzip'd.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/shape.h"

namespace dlcore {

struct IdxFile {
  Shape shape;                       // MNIST: (n, 28, 28) of pictures, (n) of labels
  std::vector<std::uint8_t> values;  // row-major
};

/// Error for a file that is missing or no IDX file, one that holds other elements than bytes, that is
/// truncated or longer than its extents say, or whose gzip is damaged. Source:
/// http://yann.lecun.com/exdb/mnist
IdxFile read_idx(const std::string& path);

}  // namespace dlcore
