// A convolution as an operation of cuDNN's graph API.
#pragma once

#include "kernels/convolution_vendor.h"
#include "kernels/cuda/cudnn_graph.h"

namespace dlcore::kernels::cuda {

struct ConvolutionKey {
  ConvolutionPass pass;
  ConvolutionExtents e;
  DType type;              // float32, computed without TF32, or bfloat16, added up in float32
  std::int64_t alignment;  // bytes, of every tensor

  friend bool operator==(const ConvolutionKey&, const ConvolutionKey&) = default;
  struct Hash {
    std::size_t operator()(const ConvolutionKey& key) const;
  };
};

/// Its tensors, or their gradients, in the order of execute(): x in NHWC, y in NHWC, w (O, height, width,
/// C/G). The output is overwritten. An empty plan: cuDNN has no such convolution.
CudnnPlan plan_convolution(cudnnHandle_t handle, const ConvolutionKey& key);

}  // namespace dlcore::kernels::cuda
