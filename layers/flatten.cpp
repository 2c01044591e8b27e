#include "layers/flatten.h"

#include "core/format.h"
#include "kernels/channels.h"

namespace dlcore {
namespace {

// An example as a matrix (places, channels).
struct Extents {
  std::int64_t places = 1, channels = 1;

  explicit Extents(const Shape& x) {
    for (int axis = 1; axis < x.rank(); ++axis) (x.rank() == 4 && axis == 3 ? channels : places) *= x[axis];
  }
};

}  // namespace

Flatten::Flatten() : Layer("Flatten") {}

Plan Flatten::plan(const Context&, std::span<const Spec> inputs) const {
  expect_inputs(inputs, 1);
  const Shape& x = inputs[0].shape;
  require(x.rank() >= 2, "layer Flatten: expected examples [N, ...], not {}", x);
  const Extents each(x);
  return {.outputs = {{{x[0], each.places * each.channels}, inputs[0].type}}, .backward_reads_inputs = false};
}

void Flatten::do_forward(const ForwardPass& pass) const {
  const Shape& x = pass.inputs[0].shape();
  const Extents each(x);
  kernels::transpose(pass.context.stream, pass.inputs[0], pass.outputs[0], false, x[0], each.places,
                     each.channels);
}

void Flatten::do_backward(const BackwardPass& pass) const {
  if (!pass.input_gradients[0].defined()) return;
  const Shape& x = pass.input_gradients[0].shape();
  const Extents each(x);
  kernels::transpose(pass.context.stream, pass.output_gradients[0], pass.input_gradients[0], false, x[0],
                     each.channels, each.places);
}

}  // namespace dlcore
