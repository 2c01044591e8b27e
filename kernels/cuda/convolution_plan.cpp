#include "kernels/cuda/convolution_plan.h"

namespace dlcore::kernels::cuda {
namespace {

using Pass = ConvolutionPass;

CudnnDescriptor tensor(const ConvolutionKey& key, std::int64_t id,
                       std::initializer_list<std::int64_t> extents,
                       std::initializer_list<std::int64_t> strides) {
  const cudnnDataType_t type = key.type == DType::bfloat16 ? CUDNN_DATA_BFLOAT16 : CUDNN_DATA_FLOAT;
  CudnnDescriptor made(CUDNN_BACKEND_TENSOR_DESCRIPTOR);
  made.set(CUDNN_ATTR_TENSOR_UNIQUE_ID, {id});
  made.set(CUDNN_ATTR_TENSOR_DATA_TYPE, CUDNN_TYPE_DATA_TYPE, 1, &type);
  made.set(CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, {key.alignment});
  made.set(CUDNN_ATTR_TENSOR_DIMENSIONS, extents);
  made.set(CUDNN_ATTR_TENSOR_STRIDES, strides);
  return made;
}

// cuDNN has three names for everything.
struct Names {
  cudnnBackendDescriptorType_t operation;
  cudnnBackendAttributeName_t x, y, w, convolution, alpha, beta;
};

Names names_of(Pass pass) {
  switch (pass) {
    case Pass::forward:
      return {CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR,
              CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X,
              CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y,
              CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W,
              CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC,
              CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA,
              CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_BETA};
    case Pass::backward_data:
      return {CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DY,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_W,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_CONV_DESC,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_ALPHA,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_BETA};
    default:
      return {CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_X,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DY,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DW,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_CONV_DESC,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_ALPHA,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_BETA};
  }
}

}  // namespace

std::size_t ConvolutionKey::Hash::operator()(const ConvolutionKey& key) const {
  return hash_of(key.e) * 1024 + static_cast<std::size_t>(key.type) * 128 +
         static_cast<std::size_t>(key.pass) * 32 + static_cast<std::size_t>(key.alignment);
}

CudnnPlan plan_convolution(cudnnHandle_t handle, const ConvolutionKey& key) {
  const ConvolutionExtents& e = key.e;
  const auto& [v, h] = e.window;
  const std::int64_t in = e.c / e.groups;  // from this cuDNN infers the number of groups
  // Extents are in the order N, C, H, W whatever the layout; the strides say that it is NHWC.
  CudnnDescriptor x = tensor(key, 1, {e.n, e.c, e.h, e.w}, {e.h * e.w * e.c, 1, e.w * e.c, e.c});
  CudnnDescriptor y = tensor(key, 2, {e.n, e.out, e.out_h(), e.out_w()},
                             {e.out_h() * e.out_w() * e.out, 1, e.out_w() * e.out, e.out});
  CudnnDescriptor w =
      tensor(key, 3, {e.out, in, v.kernel, h.kernel}, {v.kernel * h.kernel * in, 1, h.kernel * in, in});
  const cudnnDataType_t arithmetic = CUDNN_DATA_FLOAT;
  const cudnnConvolutionMode_t mode = CUDNN_CROSS_CORRELATION;
  CudnnDescriptor convolution(CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR);
  convolution.set(CUDNN_ATTR_CONVOLUTION_COMP_TYPE, CUDNN_TYPE_DATA_TYPE, 1, &arithmetic);
  convolution.set(CUDNN_ATTR_CONVOLUTION_CONV_MODE, CUDNN_TYPE_CONVOLUTION_MODE, 1, &mode);
  convolution.set(CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS, {2});
  convolution.set(CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES, {v.stride, h.stride});
  convolution.set(CUDNN_ATTR_CONVOLUTION_DILATIONS, {v.dilation, h.dilation});
  convolution.set(CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS, {v.padding, h.padding});
  convolution.set(CUDNN_ATTR_CONVOLUTION_POST_PADDINGS, {v.padding, h.padding});
  if (!x.finalize() || !y.finalize() || !w.finalize() || !convolution.finalize()) return {};

  const Names names = names_of(key.pass);
  const float one = 1;
  const float zero = 0;
  CudnnDescriptor operation(names.operation);
  operation.set(names.x, x);
  operation.set(names.y, y);
  operation.set(names.w, w);
  operation.set(names.convolution, convolution);
  operation.set(names.alpha, CUDNN_TYPE_FLOAT, 1, &one);
  operation.set(names.beta, CUDNN_TYPE_FLOAT, 1, &zero);
  if (!operation.finalize()) return {};
  return find_plan(handle, operation, key.type == DType::bfloat16);
}

}  // namespace dlcore::kernels::cuda
