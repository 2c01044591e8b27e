#include "layers/dropout.h"

#include "core/error.h"
#include "kernels/dropout.h"

namespace dlcore {

Dropout::Dropout(double p, std::uint64_t site) : Layer("Dropout"), p_(p), site_(site) {
  require(p >= 0 && p < 1, "layer Dropout: p must be in [0, 1), not {}", p);
}

Plan Dropout::plan(const Context&, std::span<const Spec> inputs) const {
  expect_inputs(inputs, 1);
  return {.outputs = {inputs[0]}, .backward_reads_inputs = false};
}

void Dropout::apply(const Context& context, const Tensor& x, const Tensor& y) const {
  if (context.training && context.dropout && p_ > 0)
    kernels::dropout(context.stream, x, y, p_, context.seed, context.step, site_, x.numel());
  else
    copy(context.stream, x, y);
}

void Dropout::do_forward(const ForwardPass& pass) const {
  apply(pass.context, pass.inputs[0], pass.outputs[0]);
}

void Dropout::do_backward(const BackwardPass& pass) const {
  if (pass.input_gradients[0].defined())
    apply(pass.context, pass.output_gradients[0], pass.input_gradients[0]);
}

}  // namespace dlcore
