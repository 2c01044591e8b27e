// The matrix product, by a vendor library: cuBLASLt on the GPU, oneDNN on the CPU; by gemm_plain for an
// element type that the library lacks (float64 on the CPU; bfloat16 on a CPU without AVX-512).
#pragma once

#include "core/stream.h"
#include "core/tensor.h"

namespace dlcore::kernels {

enum class Op : bool { none, transpose };

/// c = op(a) op(b) + beta c + bias.
///
/// Row-major matrices of one floating-point type, on the stream's device; a tensor of more than two
/// dimensions counts as (product of all but the last, last). op(a): (m, k); op(b): (k, n); c: (m, n), not
/// read when beta is 0; bias: (n), added to every row, or undefined. beta is 0 or 1. bfloat16 products are
/// accumulated in float. Throws Error when the extents do not fit.
void gemm(const Stream& stream, Op op_a, Op op_b, const Tensor& a, const Tensor& b, const Tensor& c,
          double beta = 0, const Tensor& bias = {});

/// Whether the device multiplies bfloat16 at a multiple of float32's rate.
bool multiplies_bfloat16_faster(const Stream& stream);

/// Extents of one product after `op` has been applied.
struct GemmExtents {
  std::int64_t m, n, k;
};

/// Checks the arguments of gemm and returns its extents.
GemmExtents gemm_extents(const Stream& stream, Op op_a, Op op_b, const Tensor& a, const Tensor& b,
                         const Tensor& c, double beta, const Tensor& bias);

}  // namespace dlcore::kernels
