// The GPU's side of kernels/persistent_recurrent.h; arguments are checked already. Internal to kernels.
#pragma once

#include "kernels/persistent_recurrent.h"

namespace dlcore::kernels {

bool persistent_fits_cuda(const Stream& stream, DType type, const RecurrentSteps& steps);

/// Only where it fits, and every tensor is aligned to 16 bytes.
void persistent_forward_cuda(const Stream& stream, const RecurrentSteps& steps,
                             const RecurrentForward& tensors);
void persistent_backward_cuda(const Stream& stream, const RecurrentSteps& steps,
                              const RecurrentBackward& tensors);

}  // namespace dlcore::kernels
