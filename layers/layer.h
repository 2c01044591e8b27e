// A layer: parameters, and a forward and a backward pass over tensors that its caller provides.
//
// A layer keeps parameters only. What forward leaves for backward goes into a cache that the caller owns, so
// a layer may be in use several times at once. plan() says, from the inputs' shapes, what a call needs:
// outputs, cache, workspace.
//
//   backward: gradients of parameters accumulate, gradients of inputs overwrite. A cache serves one backward,
//   which may use it up. An input gradient that is an undefined tensor is not wanted and is skipped.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/stream.h"
#include "core/tensor.h"
#include "layers/packing.h"
#include "layers/parameter.h"

namespace dlcore {

/// What a pass needs to know besides its tensors.
struct Context {
  Stream stream;
  bool training = false;         // dropout is active, and forward prepares for a backward pass
  bool dropout = true;           // false: not even in training
  bool batch_statistics = true;  // in training, batch normalisation takes the batch's; else the running ones
  double loss_weight = 1;        // the gradient from which a loss's backward starts
  Tensor target_weights = {};    // in training: weights of a loss's targets, like losses; undefined: 1 each
  std::uint64_t seed = 0;        // random decisions are functions of (seed, step, layer, element)
  std::uint64_t step = 0;
  bool persistent_rnn = true;        // recurrent layers on a GPU run all steps in one kernel where that fits
  const Packing* packing = nullptr;  // layout of packed sequences, for layers that need it
};

/// Shape and element type of a tensor that need not exist yet.
struct Spec {
  Shape shape;
  DType type = DType::float32;
};

/// What one call of a layer needs.
struct Plan {
  std::vector<Spec> outputs{};
  std::vector<Spec> cache{};               // written by forward, read by backward
  std::vector<Spec> forward_workspace{};   // scratch within forward
  std::vector<Spec> backward_workspace{};  // scratch within backward
  bool backward_reads_inputs = true;       // whether the inputs (outputs) must still be intact for backward
  bool backward_reads_outputs = false;
  /// In inference: an input like output 0, whose memory that output may take where nothing reads the input
  /// later; -1: none. The layer then reads each of its elements before it writes it.
  int output_over_input = -1;
};

using Tensors = std::span<const Tensor>;

/// What a layer works on, as its plan() says.
struct ForwardPass {
  const Context& context;
  Tensors inputs, outputs, cache, workspace;
};
struct BackwardPass {
  const Context& context;
  Tensors inputs, outputs, output_gradients, input_gradients, cache, workspace;
};

class Layer {
 public:
  explicit Layer(std::string type) : type_(std::move(type)) {}
  virtual ~Layer() = default;
  Layer(const Layer&) = delete;
  Layer& operator=(const Layer&) = delete;

  const std::string& type() const { return type_; }  // its name in the table of layers: "Linear"
  std::vector<Parameter>& parameters() { return parameters_; }
  const std::vector<Parameter>& parameters() const { return parameters_; }

  /// Throws Error that names the layer, what it expects and what came, when the inputs do not suit it.
  virtual Plan plan(const Context& context, std::span<const Spec> inputs) const = 0;

  /// The parameters will stay as they are until thaw(): a layer may keep what it computes from them. Only
  /// forward outside of training is possible then.
  virtual void freeze(const Stream&) {}
  virtual void thaw() {}

  /// Checks the tensors against plan() and computes outputs and cache.
  void forward(const Context& context, Tensors inputs, Tensors outputs, Tensors cache,
               Tensors workspace) const;
  /// Checks the tensors against plan() and computes input gradients; adds to the parameters' gradients.
  void backward(const Context& context, Tensors inputs, Tensors outputs, Tensors output_gradients,
                Tensors input_gradients, Tensors cache, Tensors workspace) const;

 protected:
  friend class Graph;  // plans once and calls these without a second check
  virtual void do_forward(const ForwardPass& pass) const = 0;
  virtual void do_backward(const BackwardPass& pass) const = 0;

  /// For plan(): exactly `count` inputs, or an Error.
  void expect_inputs(std::span<const Spec> inputs, std::size_t count) const;
  /// For plan(): the packing, or an Error that says that the layer needs one.
  const Packing& expect_packing(const Context& context) const;

  std::vector<Parameter> parameters_;

 private:
  std::string type_;
};

/// One use of a layer with tensors of its own: for tests and small programs. Graph plans memory better.
class LayerCall {
 public:
  explicit LayerCall(const Layer& layer) : layer_(layer) {}

  /// Returns the outputs, newly made.
  const std::vector<Tensor>& forward(const Context& context, std::vector<Tensor> inputs);
  /// Returns the gradients of the floating-point inputs, undefined for the others.
  std::vector<Tensor> backward(const Context& context, const std::vector<Tensor>& output_gradients);

 private:
  const Layer& layer_;
  std::vector<Tensor> inputs_, outputs_, cache_;
};

Spec spec_of(const Tensor& tensor);

}  // namespace dlcore
