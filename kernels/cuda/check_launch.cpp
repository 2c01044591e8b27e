#include <cuda_runtime_api.h>

#include "core/error.h"

namespace dlcore::kernels::cuda {

void check_launch();

void check_launch() {
  const cudaError_t status = cudaGetLastError();
  require(status == cudaSuccess, "a kernel could not be started: {}", cudaGetErrorString(status));
}

}  // namespace dlcore::kernels::cuda
