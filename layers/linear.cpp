#include "layers/linear.h"

#include <cmath>

#include "core/format.h"
#include "kernels/gemm.h"
#include "kernels/reduce.h"

namespace dlcore {

using kernels::Op;

Linear::Linear(std::int64_t in, std::int64_t out) : Layer("Linear"), in_(in), out_(out) {
  require(in > 0 && out > 0, "layer Linear: sizes must be positive, not in={} and out={}", in, out);
  parameters_.push_back(
      {.name = "weight", .shape = {in, out}, .initial_deviation = 1 / std::sqrt(static_cast<double>(in))});
  parameters_.push_back({.name = "bias", .shape = {out}});
}

Plan Linear::plan(const Context&, std::span<const Spec> inputs) const {
  expect_inputs(inputs, 1);
  const Shape& shape = inputs[0].shape;
  require(shape.rank() >= 1 && shape.cols() == in_, "layer Linear: expected input [..., in={}], not {}", in_,
          shape);
  return {.outputs = {{shape.with_last(out_), inputs[0].type}}};
}

void Linear::do_forward(const ForwardPass& pass) const {
  kernels::gemm(pass.context.stream, Op::none, Op::none, pass.inputs[0], parameters_[0].value,
                pass.outputs[0], 0, parameters_[1].value);
}

void Linear::do_backward(const BackwardPass& pass) const {
  const Tensor& dy = pass.output_gradients[0];
  kernels::gemm(pass.context.stream, Op::transpose, Op::none, pass.inputs[0], dy, parameters_[0].gradient, 1);
  kernels::column_sum(pass.context.stream, dy, parameters_[1].gradient, true, dy.shape().rows(), out_);
  if (pass.input_gradients[0].defined())
    kernels::gemm(pass.context.stream, Op::none, Op::transpose, dy, parameters_[0].value,
                  pass.input_gradients[0]);
}

}  // namespace dlcore
