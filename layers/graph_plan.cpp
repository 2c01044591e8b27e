// The half of Graph that plans: which rows a node sees, where a value is written, when a buffer lives.
#include <algorithm>

#include "core/format.h"
#include "layers/graph.h"

namespace dlcore {
namespace {

std::size_t bytes_of(const Spec& spec) {
  return static_cast<std::size_t>(spec.shape.numel()) * size_of(spec.type);
}

}  // namespace

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
    if (under.producer >= 0 && once && under.level == node.level && over.level == node.level &&
        is_last_reader(under, static_cast<int>(i), slot) && under.spec.shape == over.spec.shape &&
        under.spec.type == over.spec.type)
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
    // What a pass hands on must outlive the passes within the one around it, which run again from node 0.
    const std::size_t outputs = node.outputs.size();
    for (std::size_t k = 0; k < outputs; ++k) {
      const int number = node.outputs[k];
      Value& value = values_[static_cast<std::size_t>(number)];
      if (value.place == number)
        visit(value.spec, value.level > node.level ? 0 : i, ends[static_cast<std::size_t>(number)],
              value.tensor);
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

// Which node runs in which passes, which rows a value holds, and how many these are.
void Graph::set_levels(bool training) {
  const int outermost = training ? 0 : static_cast<int>(passes_.size());
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    int level = 0;
    while (level < outermost && static_cast<int>(i) >= passes_[static_cast<std::size_t>(level)].end) ++level;
    nodes_[i].level = level;
  }
  std::int64_t rows = -1;
  for (Value& value : values_) {
    value.level = outermost;
    if (outermost == 0) continue;
    if (value.producer < 0) {
      if (value.readers.empty()) continue;
      require(value.spec.shape.rank() > 0 && (rows < 0 || value.spec.shape[0] == rows),
              "graph: to run in passes, input '{}' must have as many rows as the others, {}, not {}",
              value.name, rows, value.spec.shape);
      rows = value.spec.shape[0];
    } else if (!value.readers.empty()) {
      value.level = nodes_[static_cast<std::size_t>(value.readers.back().first)].level;
    }
  }
  level_rows_.assign(static_cast<std::size_t>(outermost) + 1, rows);
  level_begin_.assign(level_rows_.size(), 0);
  for (std::size_t level = 0; level + 1 < level_rows_.size(); ++level)
    level_rows_[level] = std::min(rows, passes_[level].rows);
}

void Graph::plan(const Context& context) {
  set_levels(context.training);
  // The rows of a level, where there are any.
  const auto rows_of = [&](Spec spec, int level) {
    if (level_rows_.size() > 1)
      spec.shape = spec.shape.with_first(level_rows_[static_cast<std::size_t>(level)]);
    return spec;
  };
  for (auto& node : nodes_) {
    std::vector<Spec> specs;
    for (const int value : node.inputs)
      specs.push_back(rows_of(values_[static_cast<std::size_t>(value)].spec, node.level));
    try {
      node.plan = node.layer->plan(context, specs);
    } catch (const Error& error) {
      fail("node '{}': {}", node.name, error.what());
    }
    for (std::size_t k = 0; k < node.outputs.size(); ++k) {
      Value& value = values_[static_cast<std::size_t>(node.outputs[k])];
      value.spec = node.plan.outputs[k];
      if (value.level == node.level) continue;
      require(value.spec.shape.rank() > 0 &&
                  value.spec.shape[0] == level_rows_[static_cast<std::size_t>(node.level)],
              "graph: node '{}' gives {}, which are not the rows of a pass", node.name, value.spec.shape);
      value.spec = rows_of(value.spec, value.level);
    }
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

}  // namespace dlcore
