#include "layers/pooling.h"

#include "core/format.h"
#include "layers/window_attributes.h"

namespace dlcore {

Pool2d::Pool2d(Kind kind, const kernels::Window& window, bool count_padding)
    : Layer(kind == Kind::maximum ? "MaxPool2d" : "AvgPool2d"),
      kind_(kind),
      adaptive_(false),
      count_padding_(count_padding),
      window_(window) {
  check_window(type(), window);
  for (const kernels::WindowAxis& axis : {window.vertical, window.horizontal})
    require(2 * axis.padding <= axis.kernel, "layer {}: padding {} is more than half of the window of {}",
            type(), axis.padding, axis.kernel);
}

Pool2d::Pool2d(Kind kind, std::int64_t out_h, std::int64_t out_w)
    : Layer(kind == Kind::maximum ? "AdaptiveMaxPool2d" : "AdaptiveAvgPool2d"),
      kind_(kind),
      adaptive_(true),
      out_h_(out_h),
      out_w_(out_w) {
  require(out_h > 0 && out_w > 0, "layer {}: output sizes must be positive, not {} and {}", type(), out_h,
          out_w);
}

kernels::PoolingExtents Pool2d::extents(const Shape& x) const {
  require(x.rank() == 4 && x[1] > 0 && x[2] > 0, "layer {}: expected pictures [N, H, W, C], not {}", type(),
          x);
  const std::int64_t out_h = adaptive_ ? out_h_ : window_.vertical.outputs(x[1]);
  const std::int64_t out_w = adaptive_ ? out_w_ : window_.horizontal.outputs(x[2]);
  require(out_h > 0 && out_w > 0, "layer {}: pictures {} are smaller than its window of {}x{}", type(), x,
          window_.vertical.kernel, window_.horizontal.kernel);
  return {x[0], x[1], x[2], x[3], out_h, out_w, window_, adaptive_, count_padding_};
}

Plan Pool2d::plan(const Context&, std::span<const Spec> inputs) const {
  expect_inputs(inputs, 1);
  const kernels::PoolingExtents e = extents(inputs[0].shape);
  const Shape out{e.n, e.out_h, e.out_w, e.c};
  Plan plan{.outputs = {{out, inputs[0].type}}, .backward_reads_inputs = false};
  if (kind_ == Kind::maximum) plan.cache = {{out, DType::int32}};  // where the largest element is
  return plan;
}

void Pool2d::do_forward(const ForwardPass& pass) const {
  const kernels::PoolingExtents e = extents(pass.inputs[0].shape());
  if (kind_ == Kind::maximum)
    kernels::max_pool_forward(pass.context.stream, e, pass.inputs[0], pass.outputs[0], pass.cache[0]);
  else
    kernels::average_pool_forward(pass.context.stream, e, pass.inputs[0], pass.outputs[0]);
}

void Pool2d::do_backward(const BackwardPass& pass) const {
  if (!pass.input_gradients[0].defined()) return;
  const kernels::PoolingExtents e = extents(pass.input_gradients[0].shape());
  if (kind_ == Kind::maximum)
    kernels::max_pool_backward(pass.context.stream, e, pass.cache[0], pass.output_gradients[0],
                               pass.input_gradients[0]);
  else
    kernels::average_pool_backward(pass.context.stream, e, pass.output_gradients[0], pass.input_gradients[0]);
}

}  // namespace dlcore
