#include "layers/conv_norm.h"

#include "core/format.h"
#include "kernels/batch_norm.h"

namespace dlcore {
namespace {

BatchNormSettings with_channels(BatchNormSettings norm, std::int64_t channels) {
  norm.channels = channels;
  norm.affine = true;
  return norm;
}

}  // namespace

ConvNorm::ConvNorm(const ConvolutionShape& convolution, BatchNormSettings norm)
    : Layer("ConvNorm"), convolution_(convolution), norm_(with_channels(norm, convolution.out)) {
  convolution_.check(type());
  norm_.check(type());
  parameters_.push_back(convolution_.weight("0.weight"));
  for (Parameter& parameter : norm_.parameters("1.")) parameters_.push_back(std::move(parameter));
}

Plan ConvNorm::plan(const Context& context, std::span<const Spec> inputs) const {
  if (inputs.size() != 2) expect_inputs(inputs, 1);
  const Spec sums{convolution_.extents(type(), inputs[0].shape).output_shape(), inputs[0].type};
  norm_.check_input(type(), context, sums.shape);
  require(inputs.size() < 2 || inputs[1].shape == sums.shape, "layer {}: expected a residual {}, not {}",
          type(), sums.shape, inputs.back().shape);
  Plan plan{.outputs = {sums}, .backward_reads_outputs = norm_.backward_reads_outputs(inputs.size())};
  if (folded_ != nullptr) {
    require(!context.training, "layer {}: is frozen, and cannot be trained before it is thawed", type());
    // oneDNN adds to what is there faster than it adds a third tensor; cuDNN overwrites it first.
    if (inputs.size() > 1 && context.stream.device().is_cpu()) plan.output_over_input = 1;
    return plan;
  }
  plan.cache = norm_.cache(sums.type);
  plan.cache.push_back(sums);
  plan.backward_workspace = norm_.backward_workspace(sums.type);
  return plan;
}

void ConvNorm::freeze(const Stream& stream) {
  const Tensor& w = parameters_[0].value;
  const Tensor weight(w.shape(), w.dtype(), w.device());
  folded_bias_ = Tensor({convolution_.out}, w.dtype(), w.device());
  kernels::batch_norm_fold(stream, w, parameters_[3].value, parameters_[4].value, parameters_[1].value,
                           parameters_[2].value, norm_.settings().eps, weight, folded_bias_, convolution_.out,
                           w.numel() / convolution_.out);
  folded_ = std::make_unique<kernels::ConstantWeights>(weight);
}

void ConvNorm::thaw() {
  folded_.reset();
  folded_bias_ = Tensor();
}

void ConvNorm::do_forward(const ForwardPass& pass) const {
  const kernels::ConvolutionExtents e = convolution_.extents(type(), pass.inputs[0].shape());
  const Tensor residual = pass.inputs.size() > 1 ? pass.inputs[1] : Tensor();
  if (folded_ != nullptr)
    return kernels::convolution_forward(pass.context.stream, e, pass.inputs[0], *folded_, pass.outputs[0],
                                        {folded_bias_, residual, norm_.settings().relu});
  kernels::convolution_forward(pass.context.stream, e, pass.inputs[0], parameters_[0].value, pass.cache[2]);
  norm_.forward(pass.context, norm_parameters(), pass.cache[2], residual, pass.outputs[0],
                pass.cache.first(2));
}

void ConvNorm::do_backward(const BackwardPass& pass) const {
  require(folded_ == nullptr, "layer {}: is frozen, and cannot run backward before it is thawed", type());
  const kernels::ConvolutionExtents e = convolution_.extents(type(), pass.inputs[0].shape());
  const Tensor& sums = pass.cache[2];  // and then, in place, their gradient
  norm_.backward(pass.context, norm_parameters(), sums,
                 norm_.backward_reads_outputs(pass.inputs.size()) ? pass.outputs[0] : Tensor(),
                 pass.output_gradients[0], sums, pass.inputs.size() > 1 ? pass.input_gradients[1] : Tensor(),
                 pass.cache.first(2), pass.workspace);
  kernels::convolution_backward_weights(pass.context.stream, e, pass.inputs[0], sums,
                                        parameters_[0].gradient);
  if (pass.input_gradients[0].defined())
    kernels::convolution_backward_data(pass.context.stream, e, sums, parameters_[0].value,
                                       pass.input_gradients[0]);
}

}  // namespace dlcore
