// Inverted dropout.
#pragma once

#include "kernels/dispatch.h"

namespace dlcore::kernels {

/// y[i] = x[i] / (1 - p) with probability 1 - p, else 0; y may be x. The decision for element i is a function
/// of (seed, step, site, n, i) alone (Philox), so the same call on the gradient is the backward pass, no mask
/// is stored, and every device drops the same elements. `site` tells the dropout layers of one model apart. 0
/// <= p < 1
DLCORE_KERNEL(dropout, const T* x, T* y, double p, std::uint64_t seed, std::uint64_t step, std::uint64_t site,
              std::int64_t n)

}  // namespace dlcore::kernels
