// A graph of named layers.
//
// Nodes run in the order in which they were added, backward in reverse. Values are tensors between nodes,
// named after the node that makes them. The graph plans the memory of all of them, with caches, gradients and
// workspaces, in one arena: buffers that are never alive together share memory. The arena is sized by the
// largest shapes seen (or reserved), so a step of a size seen before allocates nothing.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/recorded_work.h"
#include "layers/layer.h"
#include "layers/memory_plan.h"

namespace dlcore {

class Graph {
 public:
  Graph() = default;
  Graph(Graph&&) = default;
  Graph& operator=(Graph&&) = default;

  /// Declares a value that the caller feeds. With `wants_gradient`, backward computes its gradient.
  void input(const std::string& name, bool wants_gradient = false);

  /// Adds a node that reads the named values; its output is the value `name` ("name.1", ... for further
  /// outputs), its parameters are "<name>.<parameter>". Throws Error for a taken name or an unknown value.
  template <class L>
  L& add(const std::string& name, std::unique_ptr<L> layer, const std::vector<std::string>& inputs) {
    L& reference = *layer;
    add_node(name, std::move(layer), inputs);
    return reference;
  }

  /// Makes the parameters' buffers: after the last add, before the first forward.
  void allocate(DType type, Device device) { parameters_.allocate(type, device); }
  ParameterSet& parameters() { return parameters_; }
  const ParameterSet& parameters() const { return parameters_; }

  /// In inference the nodes up to the one that makes `value` run for at most `rows` rows of their inputs (of
  /// dimension 0) at a time, so that what they hand on is still in the processor's caches when it is read.
  /// They must treat rows independently of each other, and all inputs have the same number of rows. Called
  /// again for a later value and at least as many rows, the passes nest: the first within the second, and so
  /// on. Throws Error otherwise.
  void run_in_passes(const std::string& value, std::int64_t rows);

  /// On a GPU, passes that come again with the same shapes, feeds and memory are launched as a CUDA graph
  /// each from then on, in place of hundreds of kernels. For layers whose work depends on nothing else: they
  /// draw no random numbers, and take none from the host that change.
  void record_passes() { records_ = true; }

  using Feeds = std::map<std::string, Tensor>;

  /// Runs all nodes. The fed tensors must stay as they are until backward is done.
  void forward(const Context& context, const Feeds& feeds);

  /// Runs all nodes backward with the gradient context.loss_weight for the value `loss` (1 element) of the
  /// last forward, which must have been in training. Adds to the parameters' gradients.
  void backward(const Context& context, const std::string& loss);
  /// The same from a value of any size that no node reads, and its gradient.
  void backward(const Context& context, const std::string& value, const Tensor& gradient);

  /// A value that no node reads (a loss, scores), of the last forward; others may be overwritten already.
  Tensor value(const std::string& name) const;
  /// The gradient of an input that wants one, of the last backward.
  Tensor input_gradient(const std::string& name) const;

  /// Freezes, or thaws, all layers (layers/layer.h): for forward passes with parameters that do not change.
  void freeze(const Stream& stream);
  void thaw();

  /// Another graph of the same layers, with memory of its own, so that both may run forward at a time. The
  /// parameters stay with this one's; passes are to be asked for again.
  Graph twin() const;

  /// Sizes the arena for inputs of these shapes, as forward would.
  void reserve(const Context& context, const std::map<std::string, Spec>& inputs);

  struct MemoryReport {
    std::size_t arena = 0;     // bytes held
    std::size_t unshared = 0;  // bytes that the last planned pass would take without sharing
  };
  MemoryReport memory() const;

 private:
  struct Value {
    std::string name;
    int producer = -1;  // node, or -1: fed
    bool wants_gradient = false;
    std::vector<std::pair<int, int>> readers;  // (node, which of its inputs), in the order of nodes
    Spec spec;
    int level = 0;   // of the passes (below) whose rows it holds: the outermost of those that read it
    int place = -1;  // the value whose buffer it takes: itself, or what its producer writes over
    Tensor tensor;
    Tensor gradient;
  };
  struct Node {
    std::string name;
    std::shared_ptr<Layer> layer;      // with the graph's twins
    std::vector<int> inputs, outputs;  // values
    int level = 0;                     // of the passes in which it runs
    Plan plan;
    std::vector<Tensor> cache, forward_workspace, backward_workspace;
    std::vector<Tensor>
        spare_gradients;  // per input: where to put a gradient that is added to another reader's
  };

  void add_node(const std::string& name, std::shared_ptr<Layer> layer,
                const std::vector<std::string>& inputs);
  int find(const std::string& name) const;
  void set_levels(bool training);
  void plan(const Context& context);
  void bind(const MemoryPlan& plan, bool training);
  enum class Pass { evaluation, training, backward };
  template <class Work>
  void run_pass(Pass pass, const Context& context, Work work);
  const Value& start_backward(const Context& context, const std::string& name);
  void run_level(const Context& context, int level, std::int64_t begin, std::int64_t rows);
  void run_backward(const Context& context);
  void run_nodes_backward(const Context& context);
  bool is_last_reader(const Value& value, int node, int slot) const;
  void choose_places(bool training);

  /// Visits every buffer of a pass, in one order, as visit(spec, begin, end, tensor): when it lives and what
  /// will view it.
  template <class Visit>
  void visit_buffers(bool training, Visit visit);

  struct Passes {
    int end;  // the first node that is not in them
    std::int64_t rows;
  };

  std::vector<Value> values_;
  std::vector<Node> nodes_;
  std::vector<Passes> passes_;  // innermost first
  // Of each level, the passes' number, and last of those nodes that run once for all rows: how many rows a
  // pass takes, and with which row of all the current one begins.
  std::vector<std::int64_t> level_rows_, level_begin_;
  ParameterSet parameters_;
  MemoryPlan plans_[2];  // of inference, of training
  Tensor arena_;
  bool trained_ = false;  // the last forward was in training
  bool records_ = false;
  std::map<std::vector<std::uintptr_t>, RecordedWork> recorded_;  // by all that a pass depends on
};

}  // namespace dlcore
