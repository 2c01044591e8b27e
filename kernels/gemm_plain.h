// The matrix product in one body for all targets: the oracle of the vendor libraries in tests, and the route
// for element types that a library lacks on a device.
#pragma once

#include "kernels/dispatch.h"

namespace dlcore::kernels {

/// c[i,j] = sum over l of op(a)[i,l] op(b)[l,j] + beta c[i,j] + bias[j], added in double.
/// op(a): (m, k), stored (k, m) when transpose_a; op(b): (k, n), stored (n, k) when transpose_b; c: (m, n),
/// not read when beta is 0; bias: (n) or null
DLCORE_KERNEL(gemm_plain, bool transpose_a, bool transpose_b, const T* a, const T* b, T* c, const T* bias,
              double beta, std::int64_t m, std::int64_t n, std::int64_t k)

}  // namespace dlcore::kernels
