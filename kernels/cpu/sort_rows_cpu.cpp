#include <algorithm>

#include "kernels/sort_vendor.h"

namespace dlcore::kernels {

void sort_rows_cpu(const Stream& stream, const std::int32_t* row, std::int32_t* order, std::int64_t n) {
  // Row and position in one 64-bit key: an unstable sort of distinct keys is then stable in the row.
  auto* keys =
      static_cast<std::uint64_t*>(stream.workspace(static_cast<std::size_t>(n) * sizeof(std::uint64_t)));
  for (std::int64_t k = 0; k < n; ++k) {
    const std::uint32_t ordered =
        static_cast<std::uint32_t>(row[k]) ^ 0x80000000u;  // signed order as unsigned
    keys[k] = (std::uint64_t{ordered} << 32) | static_cast<std::uint32_t>(k);
  }
  std::sort(keys, keys + n);
  for (std::int64_t k = 0; k < n; ++k) order[k] = static_cast<std::int32_t>(keys[k]);
}

}  // namespace dlcore::kernels
