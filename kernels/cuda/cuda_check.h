// Turns CUDA status codes into Errors. Out of line: nvcc cannot compile fmt's checked format strings.
#pragma once

#include <driver_types.h>

namespace dlcore::kernels::cuda {

/// Throws Error "<operation> failed: <reason>" unless status is cudaSuccess.
void check_cuda(cudaError_t status, const char* operation);

/// Throws Error when the kernel launch that was just made was refused.
void check_launch();

}  // namespace dlcore::kernels::cuda
