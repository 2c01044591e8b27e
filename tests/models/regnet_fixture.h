// A RegNet whose parameters are the dump's (golden/make_regnet_dump.py), and a loss behind it.
#pragma once

#include <memory>

#include "models/regnet.h"
#include "tests/devices.h"
#include "tests/models/formula_numbers.h"

namespace dlcore::test {

/// The trunk alone.
class Trunk {
 public:
  Trunk(const Target& target, const std::string& name) : target_(target) {
    graph.input("pictures");
    output_ = add_regnet(graph, regnet_parameters(name), "", "pictures").back();
    graph.allocate(target.type, target.device());
    for (const auto& [entry, parameter] : graph.parameters().entries())
      copy(target.stream, make(target, formula_parameter(entry, parameter->shape), parameter->shape),
           parameter->value);
  }

  /// Pictures of the dump, (N, S, S, 3).
  Tensor pictures(const std::string& name, std::int64_t N, std::int64_t S) const {
    return make(target_, to_channels_last(formula_numbers(name, N * 3 * S * S, 2), {N, 3, S, S}),
                {N, S, S, 3});
  }

  std::vector<double> forward(const Context& context, const Tensor& x) {
    graph.forward(context, {{"pictures", x}});
    shape = graph.value(output_).shape();
    return to_channels_first(numbers(graph.value(output_)), shape);
  }

  Graph graph;
  Shape shape;  // of the last output

 protected:
  const Target& target_;
  std::string output_;
};

/// A layer that ends a graph in a number: sum over i of w_i x_i.
class WeightedSum : public Layer {
 public:
  explicit WeightedSum(Tensor weights) : Layer("WeightedSum"), weights_(std::move(weights)) {}

  Plan plan(const Context&, std::span<const Spec> inputs) const override {
    return {.outputs = {{{1}, inputs[0].type}}};
  }

 protected:
  void do_forward(const ForwardPass& pass) const override {
    const std::vector<double> x = numbers(pass.inputs[0]), w = numbers(weights_);
    double sum = 0;
    for (std::size_t i = 0; i < x.size(); ++i) sum += x[i] * w[i];
    copy(pass.context.stream,
         Tensor::from(std::vector<double>{sum}, {1}).to(pass.inputs[0].dtype()).to(pass.inputs[0].device()),
         pass.outputs[0]);
  }
  void do_backward(const BackwardPass& pass) const override {
    copy(pass.context.stream, weights_.view(pass.input_gradients[0].shape()), pass.input_gradients[0]);
  }

 private:
  Tensor weights_;
};

/// With the loss of the dump behind it.
class TrainedTrunk : public Trunk {
 public:
  TrainedTrunk(const Target& target, const std::string& name, const std::string& label, const Shape& output)
      : Trunk(target, name) {
    const Shape channels_first{output[0], output[3], output[1], output[2]};
    const auto weights = to_channels_last(formula_numbers(label, output.numel(), 1), channels_first);
    graph.add("loss", std::make_unique<WeightedSum>(make(target, weights, output)), {output_});
  }

  void step(const Context& context, const Tensor& x) {
    graph.parameters().gradients().zero(context.stream);
    graph.forward(context, {{"pictures", x}});
    graph.backward(context, "loss");
  }
};

}  // namespace dlcore::test
