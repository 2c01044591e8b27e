#include "kernels/convolution.h"

#include "core/format.h"
#include "core/profile.h"
#include "kernels/convolution_plain.h"
#include "kernels/convolution_vendor.h"

namespace dlcore::kernels {
namespace {

using Extents = ConvolutionExtents;

void check_extents(const Extents& e) {
  for (const WindowAxis& axis : {e.window.vertical, e.window.horizontal})
    require(axis.kernel > 0 && axis.stride > 0 && axis.padding >= 0 && axis.dilation > 0,
            "convolution: impossible window: kernel {}, stride {}, padding {}, dilation {}", axis.kernel,
            axis.stride, axis.padding, axis.dilation);
  require(e.n >= 0 && e.h > 0 && e.w > 0 && e.c > 0 && e.out > 0 && e.groups > 0 && e.c % e.groups == 0 &&
              e.out % e.groups == 0,
          "convolution: impossible extents: [N={}, H={}, W={}, C={}] to {} channels in {} groups", e.n, e.h,
          e.w, e.c, e.out, e.groups);
  require(e.out_h() > 0 && e.out_w() > 0, "convolution: a window of {}x{} does not fit into {}x{}",
          e.window.vertical.kernel, e.window.horizontal.kernel, e.h, e.w);
}

void check_tensor(const Stream& stream, const char* role, const Tensor& tensor, const Shape& shape,
                  DType type) {
  require(tensor.defined() && tensor.shape() == shape && tensor.dtype() == type &&
              tensor.device() == stream.device(),
          "convolution: expected {} to be {} {} on {}, not {}", role, type, shape, stream.device(), tensor);
}

void check(const Stream& stream, const Extents& e, const Tensor& x, const Tensor& w, const Tensor& y) {
  check_extents(e);
  require(x.defined() && is_floating(x.dtype()), "convolution: expected floating-point pictures, not {}", x);
  check_tensor(stream, "the pictures", x, e.input_shape(), x.dtype());
  check_tensor(stream, "the weights", w, e.weight_shape(), x.dtype());
  check_tensor(stream, "the result", y, e.output_shape(), x.dtype());
}

// One pass for the profile; x, w and y are what it reads and writes.
class Span {
 public:
  Span(const char* pass, const Extents& e, const Tensor& x, const Tensor& w, const Tensor& y)
      : span_(Profile::Kind::kernel, pass) {
    if (!span_.recorded()) return;
    const WindowAxis& v = e.window.vertical;
    const WindowAxis& h = e.window.horizontal;
    span_.describe(e.flop(), static_cast<double>(x.bytes() + w.bytes() + y.bytes()),
                   fmt::format("{} to {} channels, {}x{}{}{}", e.input_shape(), e.out, v.kernel, h.kernel,
                               v.stride > 1 ? fmt::format(", stride {}", v.stride) : "",
                               e.groups > 1 ? fmt::format(", {} groups", e.groups) : ""));
  }

 private:
  ProfileSpan span_;
};

void forward(const Stream& stream, const Extents& e, const Tensor& x, const Tensor& w,
             const ConstantWeights* constant, const Tensor& y, const ConvolutionEpilogue& epilogue) {
  check(stream, e, x, w, y);
  if (epilogue.bias.defined()) check_tensor(stream, "the bias", epilogue.bias, {e.out}, x.dtype());
  if (epilogue.residual.defined())
    check_tensor(stream, "the residual", epilogue.residual, e.output_shape(), x.dtype());
  if (e.n == 0) return;
  const Span span("convolution_forward", e, x, w, y);
  require(stream.device().is_cpu() || !epilogue.residual.defined() || epilogue.residual.raw() != y.raw(),
          "convolution: on a GPU the residual and the result must be two tensors");
  if (stream.device().is_cuda()
          ? convolution_split_forward(stream, e, x, w, y, epilogue) ||
                convolution_pointwise_forward(stream, e, x, w, y, epilogue) ||
                convolution_grouped_forward(stream, e, x, w, y, epilogue) ||
                convolution_cudnn_forward(stream, e, x, w, constant, y, epilogue)
          : (constant == nullptr && convolution_pointwise_forward(stream, e, x, w, y, epilogue)) ||
                convolution_onednn_forward(stream, e, x, w, constant, y, epilogue))
    return;
  convolution_plain_forward(stream, e, x, w, epilogue.bias, epilogue.residual, epilogue.relu, y);
}

}  // namespace

std::int64_t Extents::out_h() const {
  return window.vertical.outputs(h);
}
std::int64_t Extents::out_w() const {
  return window.horizontal.outputs(w);
}
Shape Extents::input_shape() const {
  return {n, h, w, c};
}
Shape Extents::output_shape() const {
  return {n, out_h(), out_w(), out};
}
Shape Extents::weight_shape() const {
  return {out, c / groups, window.vertical.kernel, window.horizontal.kernel};
}
double Extents::flop() const {
  const std::int64_t products = weight_shape().numel() / out;  // for each number of the output
  return 2.0 * static_cast<double>(output_shape().numel()) * static_cast<double>(products);
}

std::size_t hash_of(const Extents& e) {
  const WindowAxis& v = e.window.vertical;
  const WindowAxis& h = e.window.horizontal;
  std::size_t hash = 0;
  for (const std::int64_t extent : {e.n, e.h, e.w, e.c, e.out, e.groups, v.kernel, v.stride, v.padding,
                                    v.dilation, h.kernel, h.stride, h.padding, h.dilation})
    hash = hash * 0x9E3779B97F4A7C15u + static_cast<std::size_t>(extent);
  return hash;
}

ConstantWeights::ConstantWeights(Tensor weight)
    : weight_(std::move(weight)), layouts_(weight_.device().is_cuda() ? cudnn_layouts() : onednn_layouts()) {}

void convolution_forward(const Stream& stream, const Extents& extents, const Tensor& x, const Tensor& w,
                         const Tensor& y, const ConvolutionEpilogue& epilogue) {
  forward(stream, extents, x, w, nullptr, y, epilogue);
}

void convolution_forward(const Stream& stream, const Extents& extents, const Tensor& x,
                         const ConstantWeights& w, const Tensor& y, const ConvolutionEpilogue& epilogue) {
  forward(stream, extents, x, w.weight(), &w, y, epilogue);
}

void convolution_backward_data(const Stream& stream, const Extents& extents, const Tensor& dy,
                               const Tensor& w, const Tensor& dx) {
  check(stream, extents, dx, w, dy);
  if (extents.n == 0) return;
  const Span span("convolution_backward_data", extents, dx, w, dy);
  if (stream.device().is_cuda() ? convolution_split_backward_data(stream, extents, dy, w, dx) ||
                                      convolution_pointwise_backward_data(stream, extents, dy, w, dx) ||
                                      convolution_grouped_backward_data(stream, extents, dy, w, dx) ||
                                      convolution_cudnn_backward_data(stream, extents, dy, w, dx)
                                : convolution_pointwise_backward_data(stream, extents, dy, w, dx) ||
                                      convolution_onednn_backward_data(stream, extents, dy, w, dx))
    return;
  convolution_plain_backward_data(stream, extents, dy, w, dx);
}

void convolution_backward_weights(const Stream& stream, const Extents& extents, const Tensor& x,
                                  const Tensor& dy, const Tensor& dw) {
  check(stream, extents, x, dw, dy);
  if (extents.n == 0) return;
  const Span span("convolution_backward_weights", extents, x, dw, dy);
  if (stream.device().is_cuda() ? convolution_split_backward_weights(stream, extents, x, dy, dw) ||
                                      convolution_pointwise_backward_weights(stream, extents, x, dy, dw) ||
                                      convolution_grouped_backward_weights(stream, extents, x, dy, dw) ||
                                      convolution_cudnn_backward_weights(stream, extents, x, dy, dw)
                                : convolution_pointwise_backward_weights(stream, extents, x, dy, dw) ||
                                      convolution_onednn_backward_weights(stream, extents, x, dy, dw))
    return;
  convolution_plain_backward_weights(stream, extents, x, dy, dw);
}

}  // namespace dlcore::kernels
