#include "core/error.h"
#include "kernels/convolution_vendor.h"

namespace dlcore::kernels {

std::unique_ptr<ConstantWeights::Layouts> cudnn_layouts() {
  fail("convolution: this build has no CUDA");
}

bool convolution_cudnn_forward(const Stream&, const ConvolutionExtents&, const Tensor&, const Tensor&,
                               const ConstantWeights*, const Tensor&, const ConvolutionEpilogue&) {
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
