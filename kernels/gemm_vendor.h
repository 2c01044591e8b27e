// The vendor routes of gemm. Each returns false where the library has no such product; arguments are checked
// already and no extent is 0. Internal to kernels.
#pragma once

#include "kernels/gemm.h"

namespace dlcore::kernels {

bool gemm_onednn(Op op_a, Op op_b, const Tensor& a, const Tensor& b, const Tensor& c, double beta,
                 const Tensor& bias, const GemmExtents& extents);

bool onednn_multiplies_bfloat16();  // with instructions for it

/// c = op(a) op(b) + addend + bias, then ReLU where wished. addend: like c, c itself, or undefined.
bool gemm_cublaslt(const Stream& stream, Op op_a, Op op_b, const Tensor& a, const Tensor& b, const Tensor& c,
                   const Tensor& addend, const Tensor& bias, bool relu, const GemmExtents& extents);

}  // namespace dlcore::kernels
