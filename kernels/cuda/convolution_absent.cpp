// A build without CUDA: nothing gets here, as no tensor is on a GPU.
#include "core/error.h"
#include "kernels/convolution_vendor.h"

namespace dlcore::kernels {
namespace {

[[noreturn]] void absent() {
  fail("convolution: this build has no CUDA");
}

}  // namespace

std::unique_ptr<ConstantWeights::Layouts> cudnn_layouts() {
  absent();
}

bool convolution_split_forward(const Stream&, const ConvolutionExtents&, const Tensor&, const Tensor&,
                               const Tensor&, const ConvolutionEpilogue&) {
  absent();
}
bool convolution_split_backward_data(const Stream&, const ConvolutionExtents&, const Tensor&, const Tensor&,
                                     const Tensor&) {
  absent();
}
bool convolution_split_backward_weights(const Stream&, const ConvolutionExtents&, const Tensor&,
                                        const Tensor&, const Tensor&) {
  absent();
}

bool convolution_grouped_forward(const Stream&, const ConvolutionExtents&, const Tensor&, const Tensor&,
                                 const Tensor&, const ConvolutionEpilogue&) {
  absent();
}
bool convolution_grouped_backward_data(const Stream&, const ConvolutionExtents&, const Tensor&, const Tensor&,
                                       const Tensor&) {
  absent();
}
bool convolution_grouped_backward_weights(const Stream&, const ConvolutionExtents&, const Tensor&,
                                          const Tensor&, const Tensor&) {
  absent();
}

bool convolution_cudnn_forward(const Stream&, const ConvolutionExtents&, const Tensor&, const Tensor&,
                               const ConstantWeights*, const Tensor&, const ConvolutionEpilogue&) {
  absent();
}
bool convolution_cudnn_backward_data(const Stream&, const ConvolutionExtents&, const Tensor&, const Tensor&,
                                     const Tensor&) {
  absent();
}
bool convolution_cudnn_backward_weights(const Stream&, const ConvolutionExtents&, const Tensor&,
                                        const Tensor&, const Tensor&) {
  absent();
}

}  // namespace dlcore::kernels
