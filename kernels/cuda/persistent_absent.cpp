#include "core/error.h"
#include "kernels/persistent_vendor.h"

namespace dlcore::kernels {

bool persistent_fits_cuda(const Stream&, DType, const RecurrentSteps&) {
  return false;
}

void persistent_forward_cuda(const Stream&, const RecurrentSteps&, const RecurrentForward&) {
  fail("persistent_recurrent_forward: this build has no CUDA");
}

void persistent_backward_cuda(const Stream&, const RecurrentSteps&, const RecurrentBackward&) {
  fail("persistent_recurrent_backward: this build has no CUDA");
}

}  // namespace dlcore::kernels
