#include "layers/conv2d.h"

#include <cmath>

#include "core/format.h"
#include "kernels/reduce.h"
#include "layers/window_attributes.h"

namespace dlcore {

void ConvolutionShape::check(const std::string& layer) const {
  check_window(layer, window);
  require(in > 0 && out > 0 && groups > 0 && in % groups == 0 && out % groups == 0,
          "layer {}: expected positive numbers of channels that {} groups divide, not in={} and out={}",
          layer, groups, in, out);
}

kernels::ConvolutionExtents ConvolutionShape::extents(const std::string& layer, const Shape& x) const {
  require(x.rank() == 4 && x[3] == in, "layer {}: expected pictures [N, H, W, C={}], not {}", layer, in, x);
  const kernels::ConvolutionExtents e{x[0], x[1], x[2], in, out, groups, window};
  require(e.out_h() > 0 && e.out_w() > 0, "layer {}: pictures {} are smaller than its window of {}x{}", layer,
          x, window.vertical.kernel, window.horizontal.kernel);
  return e;
}

Parameter ConvolutionShape::weight(const std::string& name) const {
  const Shape shape{out, in / groups, window.vertical.kernel, window.horizontal.kernel};
  const auto fan_out = static_cast<double>(shape[2] * shape[3] * out);
  return {.name = name, .shape = shape, .initial_deviation = std::sqrt(2 / fan_out)};
}

Conv2d::Conv2d(const ConvolutionShape& shape, bool bias) : Layer("Conv2d"), shape_(shape) {
  shape.check(type());
  parameters_.push_back(shape.weight("weight"));
  if (bias) parameters_.push_back({.name = "bias", .shape = {shape.out}});
}

Plan Conv2d::plan(const Context&, std::span<const Spec> inputs) const {
  expect_inputs(inputs, 1);
  return {.outputs = {{shape_.extents(type(), inputs[0].shape).output_shape(), inputs[0].type}}};
}

void Conv2d::do_forward(const ForwardPass& pass) const {
  kernels::convolution_forward(pass.context.stream, shape_.extents(type(), pass.inputs[0].shape()),
                               pass.inputs[0], parameters_[0].value, pass.outputs[0],
                               {.bias = parameters_.size() > 1 ? parameters_[1].value : Tensor()});
}

void Conv2d::do_backward(const BackwardPass& pass) const {
  const Tensor& dy = pass.output_gradients[0];
  const kernels::ConvolutionExtents e = shape_.extents(type(), pass.inputs[0].shape());
  kernels::convolution_backward_weights(pass.context.stream, e, pass.inputs[0], dy, parameters_[0].gradient);
  if (parameters_.size() > 1)
    kernels::column_sum(pass.context.stream, dy, parameters_[1].gradient, true, dy.shape().rows(),
                        shape_.out);
  if (pass.input_gradients[0].defined())
    kernels::convolution_backward_data(pass.context.stream, e, dy, parameters_[0].value,
                                       pass.input_gradients[0]);
}

}  // namespace dlcore
