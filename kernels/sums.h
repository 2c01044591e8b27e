// What reduce_columns adds up, on every device.
#pragma once

#include <cstdint>

#include "kernels/numeric.h"

namespace dlcore::kernels::DLCORE_TARGET {

/// K sums that are taken together over one column.
template <class A, int K = 1>
struct Sums {
  using value = A;
  static constexpr int count = K;

  A v[K];

  /// The sums that lie `stride` apart from `first` on.
  DLCORE_DEVICE static Sums gather(const A* first, std::int64_t stride) {
    Sums sums;
    for (int k = 0; k < K; ++k) sums.v[k] = first[k * stride];
    return sums;
  }
};

/// Where rows are many and columns few, the rows are cut into this many parts, and the parts' sums are added
/// in their order. The number depends on the sizes alone.
inline std::int64_t reduction_parts(std::int64_t rows, std::int64_t cols) {
  constexpr std::int64_t rows_per_part = 256;
  if (rows < 2 * rows_per_part || rows < 8 * cols) return 1;
  return rows / rows_per_part < 256 ? rows / rows_per_part : 256;
}

}  // namespace dlcore::kernels::DLCORE_TARGET
