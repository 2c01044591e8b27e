#include "core/error.h"
#include "kernels/gemm_vendor.h"

namespace dlcore::kernels {

bool gemm_cublaslt(const Stream&, Op, Op, const Tensor&, const Tensor&, const Tensor&, const Tensor&,
                   const Tensor&, bool, const GemmExtents&) {
  fail("gemm: this build has no CUDA");
}

}  // namespace dlcore::kernels
