#include "tests/layers/gradient_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

namespace dlcore::test {
namespace {

// One element of a tensor on any device.
void set_element(const Target& target, const Tensor& tensor, std::int64_t index, double value) {
  copy(target.stream, Tensor::from(std::vector<double>{value}, Shape{1}), tensor.slice(index, Shape{1}));
}

std::vector<std::int64_t> chosen_elements(std::int64_t count, std::int64_t all_up_to) {
  std::vector<std::int64_t> order = Random(1).permutation(count);
  if (count <= all_up_to) return order;
  order.resize(static_cast<std::size_t>(all_up_to));
  std::set<std::int64_t> chosen(order.begin(), order.end());
  chosen.insert({0, count - 1});  // edges are where an index goes wrong
  return {chosen.begin(), chosen.end()};
}

std::string indices_of(const Shape& shape, std::int64_t element) {
  std::string text;
  for (int axis = shape.rank() - 1; axis >= 0; --axis) {
    text = std::to_string(element % shape[axis]) + (text.empty() ? "" : ", ") + text;
    element /= shape[axis];
  }
  return "[" + text + "]";
}

struct Difference {
  double derivative = 0;
  double loss_above = 0, loss_below = 0;
};

Difference difference_at(const Target& target, const Tensor& value, std::int64_t element, double at,
                         const Terms& terms, double step) {
  set_element(target, value, element, at + step);
  const std::vector<double> above = terms();
  set_element(target, value, element, at - step);
  const std::vector<double> below = terms();
  set_element(target, value, element, at);
  const double distance = (at + step) - (at - step);  // as rounded
  Difference difference;
  for (std::size_t i = 0; i < above.size(); ++i) {
    difference.derivative += (above[i] - below[i]) / distance;
    difference.loss_above += above[i];
    difference.loss_below += below[i];
  }
  return difference;
}

double norm(const std::vector<double>& values) {
  double squares = 0;
  for (const double value : values) squares += value * value;
  return std::sqrt(squares);
}

// A layer whose tensors are all full of NaN before they are written.
class PoisonedCall {
 public:
  PoisonedCall(const Target& target, const Context& context, const Layer& layer, std::vector<Tensor> inputs)
      : target_(target), context_(context), layer_(layer), inputs_(std::move(inputs)) {
    std::vector<Spec> specs;
    for (const auto& input : inputs_) specs.push_back(spec_of(input));
    plan_ = layer.plan(context, specs);
  }

  const std::vector<Tensor>& forward() {
    outputs_ = poisoned(plan_.outputs);
    cache_ = poisoned(plan_.cache);
    layer_.forward(context_, inputs_, outputs_, cache_, poisoned(plan_.forward_workspace));
    return outputs_;
  }
  std::vector<Tensor> backward(const std::vector<Tensor>& output_gradients, const std::vector<bool>& wanted) {
    std::vector<Tensor> gradients;
    for (std::size_t i = 0; i < inputs_.size(); ++i)
      gradients.push_back(wanted[i] ? make_poisoned(target_, spec_of(inputs_[i])) : Tensor());
    layer_.backward(context_, inputs_, outputs_, output_gradients, gradients, cache_,
                    poisoned(plan_.backward_workspace));
    return gradients;
  }

 private:
  std::vector<Tensor> poisoned(const std::vector<Spec>& specs) const {
    std::vector<Tensor> tensors;
    for (const auto& spec : specs) tensors.push_back(make_poisoned(target_, spec));
    return tensors;
  }

  const Target& target_;
  const Context& context_;
  const Layer& layer_;
  std::vector<Tensor> inputs_, outputs_, cache_;
  Plan plan_;
};

std::vector<Tensor> random_gradients(const Target& target, const std::vector<Tensor>& outputs) {
  std::vector<Tensor> gradients;
  for (const auto& output : outputs)
    gradients.push_back(make_normal(target, output.shape(), 1000 + gradients.size()).to(output.dtype()));
  return gradients;
}

void check_same_bits(const std::string& what, const std::vector<Tensor>& got,
                     const std::vector<Tensor>& want) {
  REQUIRE(got.size() == want.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    if (!got[i].defined() || !want[i].defined()) continue;
    INFO(what << ", number " << i);
    CHECK(same_bits(got[i], want[i]));
  }
}

}  // namespace

std::vector<Variable> variables_of(const Layer& layer) {
  std::vector<Variable> variables;
  for (const auto& parameter : layer.parameters())
    if (parameter.trainable) variables.push_back({parameter.name, parameter.value, parameter.gradient});
  return variables;
}

std::string gradient_complaint(const Target& target, const Variable& variable, const Terms& terms,
                               const GradientOptions& options) {
  const double allowed = options.roundings * target.tolerance / options.step * (1 + norm(terms()));
  const Shape& shape = variable.value.shape();
  const std::vector<double> values = numbers(variable.value);
  const std::vector<double> gradient = numbers(variable.gradient);
  std::int64_t checked = 0;
  for (const std::int64_t element : chosen_elements(shape.numel(), options.all_up_to)) {
    const auto i = static_cast<std::size_t>(element);
    if (std::abs(values[i]) < options.kink_band) continue;
    ++checked;
    const Difference d = difference_at(target, variable.value, element, values[i], terms, options.step);
    if (!(std::abs(gradient[i] - d.derivative) <= allowed))
      return fmt::format("{}{}: analytic {:.12g}, numeric {:.12g}, losses {:.17g} and {:.17g} at +-{:g}",
                         variable.name, indices_of(shape, element), gradient[i], d.derivative, d.loss_above,
                         d.loss_below, options.step);
  }
  if (checked == 0 && !values.empty()) return variable.name + ": no element could be checked";
  return {};
}

void check_gradients(const Target& target, const std::vector<Variable>& variables, const Terms& terms,
                     const GradientOptions& options) {
  for (const auto& variable : variables) {
    INFO(target.name << ", " << variable.name << " " << to_string(variable.value.shape()));
    REQUIRE(variable.value.shape() == variable.gradient.shape());
    CHECK(gradient_complaint(target, variable, terms, options) == "");
  }
}

std::vector<double> numeric_gradient(const Target& target, const Tensor& value, const Terms& terms,
                                     double step) {
  std::vector<double> gradient;
  const std::vector<double> values = numbers(value);
  for (std::size_t i = 0; i < values.size(); ++i)
    gradient.push_back(
        difference_at(target, value, static_cast<std::int64_t>(i), values[i], terms, step).derivative);
  return gradient;
}

void add_terms(std::vector<double>& terms, const Tensor& values, const std::vector<double>& weights) {
  const std::vector<double> elements = numbers(values);
  REQUIRE(elements.size() == weights.size());
  for (std::size_t i = 0; i < elements.size(); ++i) terms.push_back(elements[i] * weights[i]);
}

void check_layer_gradients(const Target& target, const Context& context, const Layer& layer,
                           const std::vector<Tensor>& inputs, const GradientOptions& options) {
  LayerCall call(layer);
  const std::vector<Tensor> output_gradients = random_gradients(target, call.forward(context, inputs));
  std::vector<std::vector<double>> weights;
  for (const auto& gradient : output_gradients) weights.push_back(numbers(gradient));
  zero_gradients(target, layer);
  const std::vector<Tensor> input_gradients = call.backward(context, output_gradients);

  std::vector<Variable> variables = variables_of(layer);
  for (std::size_t i = 0; i < inputs.size(); ++i)
    if (input_gradients[i].defined())
      variables.push_back({fmt::format("input {}", i), inputs[i], input_gradients[i]});
  check_gradients(
      target, variables,
      [&] {
        LayerCall again(layer);
        std::vector<double> terms;
        const std::vector<Tensor>& outputs = again.forward(context, inputs);
        for (std::size_t i = 0; i < outputs.size(); ++i) add_terms(terms, outputs[i], weights[i]);
        return terms;
      },
      options);
}

void check_gradient_rules(const Target& target, const Context& context, const Layer& layer,
                          const std::vector<Tensor>& inputs) {
  INFO(target.name);
  LayerCall plain(layer);
  const std::vector<Tensor> want_outputs = plain.forward(context, inputs);
  const std::vector<Tensor> output_gradients = random_gradients(target, want_outputs);
  zero_gradients(target, layer);
  const std::vector<Tensor> want_inputs = plain.backward(context, output_gradients);
  const std::vector<Tensor> once = copy_gradients(layer);

  std::vector<bool> all;
  for (const auto& gradient : want_inputs) all.push_back(gradient.defined());
  PoisonedCall call(target, context, layer, inputs);
  zero_gradients(target, layer);
  check_same_bits("output from NaN", call.forward(), want_outputs);
  check_same_bits("input gradient from NaN", call.backward(output_gradients, all), want_inputs);
  check_same_bits("parameter gradient from NaN", copy_gradients(layer), once);

  call.forward();
  check_same_bits("input gradient of the second backward", call.backward(output_gradients, all), want_inputs);
  const std::vector<Tensor> twice = copy_gradients(layer);
  for (std::size_t i = 0; i < twice.size(); ++i) {
    std::vector<double> want = numbers(once[i]);
    for (double& value : want) value *= 2;
    check_alike(target, "twice the gradient of parameter " + std::to_string(i), twice[i], want,
                inputs[0].numel());
  }

  for (std::size_t left_out = 0; left_out <= inputs.size(); ++left_out) {  // the last: none is wanted
    std::vector<bool> wanted = all;
    for (std::size_t i = 0; i < inputs.size(); ++i)
      if (left_out == inputs.size() || left_out == i) wanted[i] = false;
    zero_gradients(target, layer);
    call.forward();
    check_same_bits("input gradient beside an unwanted one", call.backward(output_gradients, wanted),
                    want_inputs);
    check_same_bits("parameter gradient beside an unwanted one", copy_gradients(layer), once);
  }
}

void check_graph_gradients(const Target& target, const Context& context, Graph& graph,
                           const Graph::Feeds& feeds, const std::vector<std::string>& inputs,
                           const std::string& loss, const GradientOptions& options) {
  graph.parameters().gradients().zero(target.stream);
  graph.forward(context, feeds);
  graph.backward(context, loss);
  std::vector<Variable> variables;
  for (const auto& name : inputs)
    variables.push_back({name, feeds.at(name), graph.input_gradient(name).clone()});
  for (const auto& [name, parameter] : graph.parameters().entries())
    if (parameter->trainable) variables.push_back({name, parameter->value, parameter->gradient});
  check_gradients(
      target, variables,
      [&] {
        graph.forward(context, feeds);
        return numbers(graph.value(loss));
      },
      options);
}

void zero_gradients(const Target& target, const Layer& layer) {
  for (const auto& parameter : layer.parameters())
    if (parameter.trainable) parameter.gradient.zero(target.stream);
}

std::vector<Tensor> copy_gradients(const Layer& layer) {
  std::vector<Tensor> gradients;
  for (const auto& parameter : layer.parameters())
    if (parameter.trainable) gradients.push_back(parameter.gradient.clone());
  return gradients;
}

Tensor make_poisoned(const Target& target, const Spec& spec) {
  const Tensor tensor(spec.shape, spec.type);
  if (tensor.bytes() > 0) std::memset(tensor.raw(), 0xFF, tensor.bytes());
  return tensor.to(target.device());
}

void check_alike(const Target& target, const std::string& what, const Tensor& got,
                 const std::vector<double>& want, std::int64_t operations) {
  double largest = 0;
  for (const double value : want) largest = std::max(largest, std::abs(value));
  INFO(what);
  check_close(target, got, want, largest, sum_factor(operations));
}

}  // namespace dlcore::test
