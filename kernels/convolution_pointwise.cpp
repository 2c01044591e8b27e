// With a window of one pixel, pictures of NHWC are the rows of a matrix, and
//   y (N H W, O) = x (N H W, C) w^T    dx = dy w    dw += dy^T x    with w (O, C)
#include "kernels/convolution_vendor.h"
#include "kernels/gemm_vendor.h"

namespace dlcore::kernels {
namespace {

bool is_pointwise(const ConvolutionExtents& e) {
  const auto is_one = [](const WindowAxis& axis) {  // which makes the dilation nothing
    return axis.kernel == 1 && axis.stride == 1 && axis.padding == 0;
  };
  return e.groups == 1 && is_one(e.window.vertical) && is_one(e.window.horizontal);
}

std::int64_t pixels(const ConvolutionExtents& e) {
  return e.n * e.h * e.w;
}

Tensor matrix(const ConvolutionExtents& e, const Tensor& w) {
  return w.view({e.out, e.c});
}

/// c = op(a) op(b), then the epilogue. On the CPU a product can add to what c holds, not to another matrix.
bool product(const Stream& stream, Op op_a, Op op_b, const Tensor& a, const Tensor& b, const Tensor& c,
             const ConvolutionEpilogue& epilogue, const GemmExtents& extents) {
  const auto& [bias, addend, relu] = epilogue;
  if (stream.device().is_cuda())
    return gemm_cublaslt(stream, op_a, op_b, a, b, c, addend, bias, relu, extents);
  const bool adds = addend.defined();
  return !relu && (!adds || addend.raw() == c.raw()) &&
         gemm_onednn(op_a, op_b, a, b, c, adds ? 1 : 0, bias, extents);
}

}  // namespace

bool convolution_pointwise_forward(const Stream& stream, const ConvolutionExtents& e, const Tensor& x,
                                   const Tensor& w, const Tensor& y, const ConvolutionEpilogue& epilogue) {
  return is_pointwise(e) &&
         product(stream, Op::none, Op::transpose, x, matrix(e, w), y, epilogue, {pixels(e), e.out, e.c});
}

bool convolution_pointwise_backward_data(const Stream& stream, const ConvolutionExtents& e, const Tensor& dy,
                                         const Tensor& w, const Tensor& dx) {
  return is_pointwise(e) &&
         product(stream, Op::none, Op::none, dy, matrix(e, w), dx, {}, {pixels(e), e.c, e.out});
}

bool convolution_pointwise_backward_weights(const Stream& stream, const ConvolutionExtents& e,
                                            const Tensor& x, const Tensor& dy, const Tensor& dw) {
  if (!is_pointwise(e)) return false;
  const Tensor sum = matrix(e, dw);
  return product(stream, Op::transpose, Op::none, dy, x, sum, {.residual = sum}, {e.out, e.c, pixels(e)});
}

}  // namespace dlcore::kernels
