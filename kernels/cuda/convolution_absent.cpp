#include "core/error.h"
#include "kernels/convolution_vendor.h"

namespace dlcore::kernels {

bool convolution_cudnn_forward(const Stream&, const ConvolutionExtents&, const Tensor&, const Tensor&,
                               const Tensor&, const ConvolutionEpilogue&) {
  fail("convolution: this build has no CUDA");
}

bool convolution_cudnn_backward_data(const Stream&, const ConvolutionExtents&, const Tensor&, const Tensor&,
                                     const Tensor&) {
  fail("convolution: this build has no CUDA");
}

bool convolution_cudnn_backward_weights(const Stream&, const ConvolutionExtents&, const Tensor&,
                                        const Tensor&, const Tensor&) {
  fail("convolution: this build has no CUDA");
}

}  // namespace dlcore::kernels
