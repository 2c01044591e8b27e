#include "layers/graph.h"

#include <algorithm>

#include "core/format.h"
#include "kernels/elementwise.h"

namespace dlcore {
namespace {

std::size_t bytes_of(const Spec& spec) {
  return static_cast<std::size_t>(spec.shape.numel()) * size_of(spec.type);
}

template <class F>
std::vector<Tensor> gather(const std::vector<int>& numbers, F f) {
  std::vector<Tensor> tensors;
  tensors.reserve(numbers.size());
  for (const int number : numbers) tensors.push_back(f(number));
  return tensors;
}

}  // namespace

void Graph::input(const std::string& name, bool wants_gradient) {
  for (const auto& value : values_) require(value.name != name, "graph: two values are named '{}'", name);
  Value value;
  value.name = name;
  value.wants_gradient = wants_gradient;
  values_.push_back(std::move(value));
}

int Graph::find(const std::string& name) const {
  std::string known;
  for (std::size_t i = 0; i < values_.size(); ++i) {
    if (values_[i].name == name) return static_cast<int>(i);
    known += (known.empty() ? "" : ", ") + values_[i].name;
  }
  fail("graph: there is no value '{}': the values are {}", name, known);
}

void Graph::add_node(const std::string& name, std::unique_ptr<Layer> layer,
                     const std::vector<std::string>& inputs) {
  const int number = static_cast<int>(nodes_.size());
  Node node;
  node.name = name;
  bool wants_gradient = false;
  for (const auto& parameter : layer->parameters()) wants_gradient |= parameter.trainable;
  for (const auto& input_name : inputs) {
    node.inputs.push_back(find(input_name));
    wants_gradient |= values_[static_cast<std::size_t>(node.inputs.back())].wants_gradient;
  }
  input(name, wants_gradient);  // every layer so far has one output; nothing was changed until here
  for (std::size_t k = 0; k < inputs.size(); ++k)
    values_[static_cast<std::size_t>(node.inputs[k])].readers.emplace_back(number, static_cast<int>(k));
  values_.back().producer = number;
  node.outputs.push_back(static_cast<int>(values_.size()) - 1);
  parameters_.add(name, layer->parameters());
  node.layer = std::move(layer);
  nodes_.push_back(std::move(node));
}

bool Graph::is_last_reader(const Value& value, int node, int slot) const {
  return value.readers.back() == std::pair(node, slot);
}

// In inference a value may be written over another that nothing reads afterwards.
void Graph::choose_places(bool training) {
  for (std::size_t v = 0; v < values_.size(); ++v) values_[v].place = static_cast<int>(v);
  if (training) return;
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    const Node& node = nodes_[i];
    const int slot = node.plan.output_over_input;
    if (slot < 0) continue;
    const int input = node.inputs[static_cast<std::size_t>(slot)];
    const Value& under = values_[static_cast<std::size_t>(input)];
    Value& over = values_[static_cast<std::size_t>(node.outputs[0])];
    const bool once = std::count(node.inputs.begin(), node.inputs.end(), input) == 1;
    if (under.producer >= 0 && once && is_last_reader(under, static_cast<int>(i), slot) &&
        under.spec.shape == over.spec.shape && under.spec.type == over.spec.type)
      over.place = under.place;
  }
}

template <class Visit>
void Graph::visit_buffers(bool training, Visit visit) {
  // Node i runs forward at time i and backward at time 2 count - 1 - i.
  const int count = static_cast<int>(nodes_.size());
  const auto backward_time = [count](int node) { return 2 * count - 1 - node; };
  const int forever = 2 * count;
  std::vector<int> ends(values_.size(), -1);  // of each buffer
  for (const auto& value : values_) {
    if (value.producer < 0) continue;
    int& end = ends[static_cast<std::size_t>(value.place)];
    end = std::max(end, value.readers.empty() ? forever : value.producer);
    for (const auto& [reader, slot] : value.readers) {
      end = std::max(end, reader);
      if (training && nodes_[static_cast<std::size_t>(reader)].plan.backward_reads_inputs)
        end = std::max(end, backward_time(reader));
    }
    if (training && nodes_[static_cast<std::size_t>(value.producer)].plan.backward_reads_outputs)
      end = std::max(end, backward_time(value.producer));
  }
  for (int i = 0; i < count; ++i) {
    Node& node = nodes_[static_cast<std::size_t>(i)];
    const std::size_t outputs = node.outputs.size();
    for (std::size_t k = 0; k < outputs; ++k) {
      const int number = node.outputs[k];
      Value& value = values_[static_cast<std::size_t>(number)];
      if (value.place == number) visit(value.spec, i, ends[static_cast<std::size_t>(number)], value.tensor);
      if (training && value.wants_gradient) {
        const int begin = value.readers.empty() ? count : backward_time(value.readers.back().first);
        visit(value.spec, begin, backward_time(i), value.gradient);
      }
    }
    node.cache.resize(node.plan.cache.size());
    for (std::size_t k = 0; k < node.cache.size(); ++k)
      visit(node.plan.cache[k], i, training ? backward_time(i) : i, node.cache[k]);
    node.forward_workspace.resize(node.plan.forward_workspace.size());
    for (std::size_t k = 0; k < node.forward_workspace.size(); ++k)
      visit(node.plan.forward_workspace[k], i, i, node.forward_workspace[k]);
    if (!training) continue;
    node.backward_workspace.resize(node.plan.backward_workspace.size());
    for (std::size_t k = 0; k < node.backward_workspace.size(); ++k)
      visit(node.plan.backward_workspace[k], backward_time(i), backward_time(i), node.backward_workspace[k]);
    node.spare_gradients.resize(node.inputs.size());
    for (std::size_t k = 0; k < node.inputs.size(); ++k) {
      Value& value = values_[static_cast<std::size_t>(node.inputs[k])];
      if (value.wants_gradient && !is_last_reader(value, i, static_cast<int>(k)))
        visit(value.spec, backward_time(i), backward_time(i), node.spare_gradients[k]);
    }
  }
  if (!training) return;
  for (auto& value : values_)
    if (value.producer < 0 && value.wants_gradient && !value.readers.empty())
      visit(value.spec, backward_time(value.readers.back().first), forever, value.gradient);
}

void Graph::plan(const Context& context) {
  for (auto& node : nodes_) {
    std::vector<Spec> specs;
    for (const int value : node.inputs) specs.push_back(values_[static_cast<std::size_t>(value)].spec);
    try {
      node.plan = node.layer->plan(context, specs);
    } catch (const Error& error) {
      fail("node '{}': {}", node.name, error.what());
    }
    for (std::size_t k = 0; k < node.outputs.size(); ++k)
      values_[static_cast<std::size_t>(node.outputs[k])].spec = node.plan.outputs[k];
  }
  choose_places(context.training);
  MemoryPlan wanted;
  visit_buffers(context.training, [&](const Spec& spec, int begin, int end, Tensor&) {
    wanted.add(bytes_of(spec), begin, end);
  });
  MemoryPlan& planned = plans_[context.training];
  if (!planned.serves(wanted)) {
    wanted.grow_to(planned);
    wanted.solve();
    planned = std::move(wanted);
  }
  const std::size_t words = (planned.total() + sizeof(std::int64_t) - 1) / sizeof(std::int64_t);
  const Device device = context.stream.device();
  if (!arena_.defined() || arena_.device() != device || arena_.numel() < static_cast<std::int64_t>(words)) {
    context.stream.synchronize();
    arena_ = Tensor();  // before the larger one is asked for
    for (auto& value : values_) value.tensor = value.gradient = Tensor();
    for (auto& node : nodes_)
      for (auto* tensors :
           {&node.cache, &node.forward_workspace, &node.backward_workspace, &node.spare_gradients})
        tensors->clear();
    arena_ = Tensor({static_cast<std::int64_t>(words)}, DType::int64, device);
  }
  bind(planned, context.training);
}

void Graph::bind(const MemoryPlan& plan, bool training) {
  std::size_t number = 0;
  visit_buffers(training, [&](const Spec& spec, int, int, Tensor& tensor) {
    tensor = arena_.piece(plan.offset(number++), spec.shape, spec.type);
  });
  for (Value& value : values_)
    if (value.producer >= 0) value.tensor = values_[static_cast<std::size_t>(value.place)].tensor;
}

void Graph::reserve(const Context& context, const std::map<std::string, Spec>& inputs) {
  trained_ = false;  // what the last forward left may be moved or overwritten
  for (auto& value : values_) {
    if (value.producer >= 0) continue;
    const auto found = inputs.find(value.name);
    require(found != inputs.end(), "graph: the shape of input '{}' is missing", value.name);
    value.spec = found->second;
  }
  plan(context);
}

void Graph::forward(const Context& context, const Feeds& feeds) {
  std::map<std::string, Spec> specs;
  for (const auto& [name, tensor] : feeds) specs[name] = spec_of(tensor);
  reserve(context, specs);
  for (auto& value : values_) {
    if (value.producer >= 0) continue;
    value.tensor = feeds.at(value.name);
    require(value.tensor.device() == context.stream.device(),
            "graph: input '{}' is {}, but the stream runs on {}", value.name, value.tensor,
            context.stream.device());
  }
  trained_ = context.training;
  const auto tensor = [&](int number) { return values_[static_cast<std::size_t>(number)].tensor; };
  for (auto& node : nodes_)
    node.layer->do_forward({context, gather(node.inputs, tensor), gather(node.outputs, tensor), node.cache,
                            node.forward_workspace});
}

// Backward starts here. The gradients of all values that no node reads are zero afterwards.
const Graph::Value& Graph::start_backward(const Context& context, const std::string& name) {
  require(trained_ && context.training, "graph: backward needs a forward in training before it");
  const Value& start = values_[static_cast<std::size_t>(find(name))];
  require(start.producer >= 0 && start.readers.empty(),
          "graph: backward starts from a node's value that no other node reads, which '{}' is not", name);
  for (const Value& value : values_)
    if (value.producer >= 0 && value.readers.empty() && value.wants_gradient)
      kernels::fill(context.stream, value.gradient, 0.0, value.gradient.numel());
  return start;
}

void Graph::backward(const Context& context, const std::string& loss) {
  const Value& start = start_backward(context, loss);
  require(start.tensor.numel() == 1, "graph: backward starts from a loss of one element, but '{}' is {}",
          loss, start.tensor);
  if (start.wants_gradient) kernels::fill(context.stream, start.gradient, 1.0, 1);
  run_backward(context);
}

void Graph::backward(const Context& context, const std::string& name, const Tensor& gradient) {
  const Value& start = start_backward(context, name);
  require(gradient.defined() && gradient.shape() == start.tensor.shape() &&
              gradient.dtype() == start.tensor.dtype(),
          "graph: the gradient of '{}' should be like {}, not {}", name, start.tensor, gradient);
  if (start.wants_gradient) copy(context.stream, gradient, start.gradient);
  run_backward(context);
}

void Graph::run_backward(const Context& context) {
  trained_ = false;  // caches are used up
  const auto tensor = [&](int number) { return values_[static_cast<std::size_t>(number)].tensor; };
  const auto gradient = [&](int number) { return values_[static_cast<std::size_t>(number)].gradient; };
  for (int i = static_cast<int>(nodes_.size()) - 1; i >= 0; --i) {
    Node& node = nodes_[static_cast<std::size_t>(i)];
    if (!values_[static_cast<std::size_t>(node.outputs[0])].wants_gradient) continue;
    std::vector<Tensor> input_gradients;
    for (std::size_t k = 0; k < node.inputs.size(); ++k) {
      const Value& value = values_[static_cast<std::size_t>(node.inputs[k])];
      const bool writes_first = value.wants_gradient && is_last_reader(value, i, static_cast<int>(k));
      input_gradients.push_back(writes_first ? value.gradient : node.spare_gradients[k]);
    }
    node.layer->do_backward({context, gather(node.inputs, tensor), gather(node.outputs, tensor),
                             gather(node.outputs, gradient), input_gradients, node.cache,
                             node.backward_workspace});
    for (std::size_t k = 0; k < node.inputs.size(); ++k) {
      const Value& value = values_[static_cast<std::size_t>(node.inputs[k])];
      if (value.wants_gradient && !is_last_reader(value, i, static_cast<int>(k)))
        kernels::add(context.stream, value.gradient, node.spare_gradients[k], value.gradient,
                     value.gradient.numel());
    }
  }
}

void Graph::freeze(const Stream& stream) {
  for (auto& node : nodes_) node.layer->freeze(stream);
}

void Graph::thaw() {
  for (auto& node : nodes_) node.layer->thaw();
}

Tensor Graph::value(const std::string& name) const {
  const Value& value = values_[static_cast<std::size_t>(find(name))];
  require(value.readers.empty() && value.tensor.defined(),
          "graph: value '{}' is read by other nodes, or no forward was run: it cannot be asked for", name);
  return value.tensor;
}

Tensor Graph::input_gradient(const std::string& name) const {
  const Value& value = values_[static_cast<std::size_t>(find(name))];
  require(value.producer < 0 && value.wants_gradient && value.gradient.defined(),
          "graph: '{}' is not an input with a gradient, or no backward was run", name);
  return value.gradient;
}

Graph::MemoryReport Graph::memory() const {
  return {arena_.defined() ? arena_.bytes() : 0, std::max(plans_[0].sum(), plans_[1].sum())};
}

}  // namespace dlcore
