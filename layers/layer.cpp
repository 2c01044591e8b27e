#include "layers/layer.h"

#include "core/format.h"

namespace dlcore {
namespace {

std::vector<Spec> specs_of(Tensors tensors) {
  std::vector<Spec> specs;
  for (const auto& tensor : tensors) specs.push_back(spec_of(tensor));
  return specs;
}

void check(const Layer& layer, const char* role, const std::vector<Spec>& wanted, Tensors given,
           Device device, bool optional = false) {
  require(given.size() == wanted.size(), "layer {}: expected {} {} tensor(s), not {}", layer.type(),
          wanted.size(), role, given.size());
  for (std::size_t i = 0; i < given.size(); ++i) {
    if (optional && !given[i].defined()) continue;
    require(given[i].defined() && given[i].shape() == wanted[i].shape && given[i].dtype() == wanted[i].type &&
                given[i].device() == device,
            "layer {}: {} {} should be {} {} on {}, not {}", layer.type(), role, i, wanted[i].type,
            wanted[i].shape, device, given[i]);
  }
}

std::vector<Tensor> make(const std::vector<Spec>& specs, Device device) {
  std::vector<Tensor> tensors;
  for (const auto& spec : specs) tensors.emplace_back(spec.shape, spec.type, device);
  return tensors;
}

}  // namespace

Spec spec_of(const Tensor& tensor) {
  return {tensor.shape(), tensor.dtype()};
}

void Layer::forward(const Context& context, Tensors inputs, Tensors outputs, Tensors cache,
                    Tensors workspace) const {
  const std::vector<Spec> specs = specs_of(inputs);
  const Plan wanted = plan(context, specs);
  const Device device = context.stream.device();
  check(*this, "input", specs, inputs, device);
  check(*this, "output", wanted.outputs, outputs, device);
  check(*this, "cache", wanted.cache, cache, device);
  check(*this, "workspace", wanted.forward_workspace, workspace, device);
  do_forward({context, inputs, outputs, cache, workspace});
}

void Layer::backward(const Context& context, Tensors inputs, Tensors outputs, Tensors output_gradients,
                     Tensors input_gradients, Tensors cache, Tensors workspace) const {
  const std::vector<Spec> specs = specs_of(inputs);
  const Plan wanted = plan(context, specs);
  const Device device = context.stream.device();
  check(*this, "input", specs, inputs, device);
  check(*this, "output", wanted.outputs, outputs, device);
  check(*this, "output gradient", wanted.outputs, output_gradients, device);
  check(*this, "input gradient", specs, input_gradients, device, true);
  check(*this, "cache", wanted.cache, cache, device);
  check(*this, "workspace", wanted.backward_workspace, workspace, device);
  do_backward({context, inputs, outputs, output_gradients, input_gradients, cache, workspace});
}

void Layer::expect_inputs(std::span<const Spec> inputs, std::size_t count) const {
  require(inputs.size() == count, "layer {}: expected {} input(s), not {}", type_, count, inputs.size());
}

const Packing& Layer::expect_packing(const Context& context) const {
  require(context.packing != nullptr, "layer {}: works on packed sequences, but the context has no packing",
          type_);
  return *context.packing;
}

const std::vector<Tensor>& LayerCall::forward(const Context& context, std::vector<Tensor> inputs) {
  inputs_ = std::move(inputs);
  const Plan plan = layer_.plan(context, specs_of(inputs_));
  const Device device = context.stream.device();
  outputs_ = make(plan.outputs, device);
  cache_ = make(plan.cache, device);
  layer_.forward(context, inputs_, outputs_, cache_, make(plan.forward_workspace, device));
  return outputs_;
}

std::vector<Tensor> LayerCall::backward(const Context& context, const std::vector<Tensor>& output_gradients) {
  const Plan plan = layer_.plan(context, specs_of(inputs_));
  const Device device = context.stream.device();
  std::vector<Tensor> input_gradients;
  for (const auto& input : inputs_)
    input_gradients.push_back(is_floating(input.dtype()) ? Tensor(input.shape(), input.dtype(), device)
                                                         : Tensor());
  layer_.backward(context, inputs_, outputs_, output_gradients, input_gradients, cache_,
                  make(plan.backward_workspace, device));
  return input_gradients;
}

}  // namespace dlcore
