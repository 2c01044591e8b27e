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
};

}  // namespace dlcore::kernels::DLCORE_TARGET
