#include "layers/batch_norm.h"

#include "core/format.h"
#include "kernels/batch_norm.h"

namespace dlcore {
namespace {

// The parameters by their meaning.
struct Views {
  Tensor scale, shift, dscale, dshift, running_mean, running_variance;

  Views(std::span<const Parameter> parameters, bool affine) {
    const std::size_t statistics = affine ? 2 : 0;
    if (affine) {
      scale = parameters[0].value;
      shift = parameters[1].value;
      dscale = parameters[0].gradient;
      dshift = parameters[1].gradient;
    }
    running_mean = parameters[statistics].value;
    running_variance = parameters[statistics + 1].value;
  }
};

}  // namespace

void BatchNormPass::check(const std::string& layer) const {
  require(settings_.channels > 0, "layer {}: the number of channels must be positive, not {}", layer,
          settings_.channels);
  require(settings_.eps > 0, "layer {}: eps must be positive, not {}", layer, settings_.eps);
  require(settings_.momentum >= 0 && settings_.momentum <= 1, "layer {}: momentum must be in [0, 1], not {}",
          layer, settings_.momentum);
}

std::vector<Parameter> BatchNormPass::parameters(const std::string& prefix) const {
  const Shape shape{settings_.channels};
  std::vector<Parameter> list;
  if (settings_.affine) {
    list.push_back({.name = prefix + "weight", .shape = shape, .initial_value = 1});
    list.push_back({.name = prefix + "bias", .shape = shape});
  }
  list.push_back({.name = prefix + "running_mean", .shape = shape, .trainable = false});
  list.push_back({.name = prefix + "running_var", .shape = shape, .initial_value = 1, .trainable = false});
  return list;
}

void BatchNormPass::check_input(const std::string& layer, const Context& context, const Shape& x) const {
  require(x.rank() >= 2 && x.cols() == settings_.channels, "layer {}: expected input [..., C={}], not {}",
          layer, settings_.channels, x);
  require(x.rows() != 1 || !takes_statistics(context),
          "layer {}: a batch of one value per channel has no variance to train with: {}", layer, x);
}

std::vector<Spec> BatchNormPass::cache(DType type) const {
  const Spec vector{{settings_.channels}, arithmetic_of(type)};
  return {vector, vector};
}

void BatchNormPass::forward(const Context& context, std::span<const Parameter> parameters, const Tensor& x,
                            const Tensor& residual, const Tensor& y, Tensors cache) const {
  if (x.numel() == 0) return;
  const Views p(parameters, settings_.affine);
  const std::int64_t rows = x.shape().rows();
  const std::int64_t cols = settings_.channels;
  if (takes_statistics(context))
    kernels::batch_norm_statistics(context.stream, x, cache[0], cache[1], p.running_mean, p.running_variance,
                                   settings_.eps, settings_.momentum, rows, cols);
  else
    kernels::batch_norm_from_running(context.stream, p.running_mean, p.running_variance, cache[0], cache[1],
                                     settings_.eps, cols);
  kernels::batch_norm_forward(context.stream, x, cache[0], cache[1], p.scale, p.shift, residual,
                              settings_.relu, y, rows, cols);
}

void BatchNormPass::backward(const Context& context, std::span<const Parameter> parameters, const Tensor& x,
                             const Tensor& y, const Tensor& dy, const Tensor& dx, const Tensor& dresidual,
                             Tensors cache, Tensors workspace) const {
  if (x.numel() == 0) return;
  const Views p(parameters, settings_.affine);
  const std::int64_t rows = x.shape().rows();
  const std::int64_t cols = settings_.channels;
  const bool centred = takes_statistics(context);
  if (centred || settings_.affine)
    kernels::batch_norm_backward_sums(context.stream, x, cache[0], cache[1], p.scale, p.shift, y, dy,
                                      settings_.relu, workspace[0], workspace[1], p.dscale, p.dshift, rows,
                                      cols);
  kernels::batch_norm_backward(context.stream, x, cache[0], cache[1], p.scale, p.shift, y, dy, settings_.relu,
                               centred ? workspace[0] : Tensor(), centred ? workspace[1] : Tensor(), dx,
                               dresidual, rows, cols);
}

BatchNorm2d::BatchNorm2d(const BatchNormSettings& settings) : Layer("BatchNorm2d"), norm_(settings) {
  norm_.check(type());
  parameters_ = norm_.parameters("");
}

Plan BatchNorm2d::plan(const Context& context, std::span<const Spec> inputs) const {
  if (inputs.size() != 2) expect_inputs(inputs, 1);
  norm_.check_input(type(), context, inputs[0].shape);
  require(inputs.size() < 2 || inputs[1].shape == inputs[0].shape, "layer {}: expected a residual {}, not {}",
          type(), inputs[0].shape, inputs.back().shape);
  const DType element = inputs[0].type;
  return {.outputs = {inputs[0]},
          .cache = norm_.cache(element),
          .backward_workspace = norm_.backward_workspace(element),
          .backward_reads_outputs = norm_.backward_reads_outputs(inputs.size())};
}

void BatchNorm2d::do_forward(const ForwardPass& pass) const {
  norm_.forward(pass.context, parameters_, pass.inputs[0], pass.inputs.size() > 1 ? pass.inputs[1] : Tensor(),
                pass.outputs[0], pass.cache);
}

void BatchNorm2d::do_backward(const BackwardPass& pass) const {
  norm_.backward(pass.context, parameters_, pass.inputs[0],
                 norm_.backward_reads_outputs(pass.inputs.size()) ? pass.outputs[0] : Tensor(),
                 pass.output_gradients[0], pass.input_gradients[0],
                 pass.inputs.size() > 1 ? pass.input_gradients[1] : Tensor(), pass.cache, pass.workspace);
}

}  // namespace dlcore
