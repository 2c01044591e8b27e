#include "kernels/cuda/cuda_check.h"

#include <cuda_runtime_api.h>

#include "core/error.h"

namespace dlcore::kernels::cuda {

void check_cuda(cudaError_t status, const char* operation) {
  require(status == cudaSuccess, "{} failed: {}", operation, cudaGetErrorString(status));
}

void check_launch() {
  check_cuda(cudaGetLastError(), "the start of a kernel");
}

}  // namespace dlcore::kernels::cuda
