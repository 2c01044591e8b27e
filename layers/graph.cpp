#include "layers/graph.h"

#include <algorithm>

#include "core/format.h"
#include "core/profile.h"
#include "kernels/elementwise.h"

namespace dlcore {
namespace {

template <class F>
std::vector<Tensor> gather(const std::vector<int>& numbers, F f) {
  std::vector<Tensor> tensors;
  tensors.reserve(numbers.size());
  for (const int number : numbers) tensors.push_back(f(number));
  return tensors;
}

class LayerSpan {
 public:
  LayerSpan(const std::string& node, const char* pass) : span_(Profile::Kind::layer, node) {
    if (span_.recorded()) span_.describe(0, 0, pass);
  }

 private:
  ProfileSpan span_;
};

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

void Graph::add_node(const std::string& name, std::shared_ptr<Layer> layer,
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

void Graph::run_in_passes(const std::string& value, std::int64_t rows) {
  const int producer = values_[static_cast<std::size_t>(find(value))].producer;
  require(rows > 0, "graph: passes up to '{}' need at least 1 row, not {}", value, rows);
  require(
      producer >= 0 && (passes_.empty() || (producer >= passes_.back().end && rows >= passes_.back().rows)),
      "graph: passes up to '{}' must end at a node's value, later than those before, and take at least as "
      "many rows, not {}",
      value, rows);
  passes_.push_back({producer + 1, rows});
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
  run_pass(trained_ ? Pass::training : Pass::evaluation, context,
           [&] { run_level(context, static_cast<int>(level_rows_.size()) - 1, 0, level_rows_.back()); });
}

template <class Work>
void Graph::run_pass(Pass pass, const Context& context, Work work) {
  if (!records_ || !context.stream.device().is_cuda()) return work();
  // The arena and the fed tensors' shapes say where everything else is.
  std::vector<std::uintptr_t> key{static_cast<std::uintptr_t>(pass), context.batch_statistics ? 1u : 0u,
                                  reinterpret_cast<std::uintptr_t>(context.stream.native()),
                                  reinterpret_cast<std::uintptr_t>(arena_.raw())};
  for (const Value& value : values_) {
    if (value.producer >= 0) continue;
    key.push_back(reinterpret_cast<std::uintptr_t>(value.tensor.raw()));
    for (int d = 0; d < value.spec.shape.rank(); ++d)
      key.push_back(static_cast<std::uintptr_t>(value.spec.shape[d]));
  }
  constexpr std::size_t most_recorded = 16;
  if (recorded_.size() >= most_recorded && !recorded_.contains(key)) recorded_.clear();
  recorded_.try_emplace(std::move(key), context.stream).first->second.run(work);
}

// The nodes of a level, and before them those within it, for the rows begin .. begin + rows - 1 of all.
void Graph::run_level(const Context& context, int level, std::int64_t begin, std::int64_t rows) {
  const std::int64_t planned_rows = level_rows_[static_cast<std::size_t>(level)];
  level_begin_[static_cast<std::size_t>(level)] = begin;
  if (level > 0) {
    const std::int64_t step = level_rows_[static_cast<std::size_t>(level) - 1];
    std::int64_t done = 0;
    do {
      run_level(context, level - 1, begin + done, std::min(step, rows - done));
      done += step;
    } while (done < rows);
  }
  const auto tensor = [&](int number) {
    const Value& value = values_[static_cast<std::size_t>(number)];
    if (value.level == level && rows == planned_rows) return value.tensor;
    const std::int64_t first = begin - level_begin_[static_cast<std::size_t>(value.level)];
    return value.tensor.rows(first, first + rows);
  };
  for (auto& node : nodes_) {
    if (node.level != level) continue;
    const LayerSpan span(node.name, "forward");
    const std::vector<Tensor> inputs = gather(node.inputs, tensor), outputs = gather(node.outputs, tensor);
    if (rows == planned_rows) {
      node.layer->do_forward({context, inputs, outputs, node.cache, node.forward_workspace});
      continue;
    }
    std::vector<Spec> specs;  // the last pass has fewer rows, and takes a part of each buffer
    for (const Tensor& input : inputs) specs.push_back(spec_of(input));
    const Plan plan = node.layer->plan(context, specs);
    const auto parts = [](const std::vector<Spec>& wanted, const std::vector<Tensor>& buffers) {
      std::vector<Tensor> cut;
      for (std::size_t k = 0; k < wanted.size(); ++k) cut.push_back(buffers[k].slice(0, wanted[k].shape));
      return cut;
    };
    node.layer->do_forward({context, inputs, outputs, parts(plan.cache, node.cache),
                            parts(plan.forward_workspace, node.forward_workspace)});
  }
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
  if (start.wants_gradient) kernels::fill(context.stream, start.gradient, context.loss_weight, 1);
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
  run_pass(Pass::backward, context, [&] { run_nodes_backward(context); });
}

void Graph::run_nodes_backward(const Context& context) {
  const auto tensor = [&](int number) { return values_[static_cast<std::size_t>(number)].tensor; };
  const auto gradient = [&](int number) { return values_[static_cast<std::size_t>(number)].gradient; };
  for (int i = static_cast<int>(nodes_.size()) - 1; i >= 0; --i) {
    Node& node = nodes_[static_cast<std::size_t>(i)];
    if (!values_[static_cast<std::size_t>(node.outputs[0])].wants_gradient) continue;
    const LayerSpan span(node.name, "backward");
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

Graph Graph::twin() const {
  Graph other;
  for (const Value& value : values_) {
    if (value.producer < 0) {
      other.input(value.name, value.wants_gradient);
      continue;
    }
    const Node& node = nodes_[static_cast<std::size_t>(value.producer)];
    std::vector<std::string> inputs;
    for (const int input : node.inputs) inputs.push_back(values_[static_cast<std::size_t>(input)].name);
    other.add_node(node.name, node.layer, inputs);
  }
  other.parameters_ = {};
  return other;
}

void Graph::freeze(const Stream& stream) {
  recorded_.clear();
  for (auto& node : nodes_) node.layer->freeze(stream);
}

void Graph::thaw() {
  recorded_.clear();
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
