// A network that a configuration describes (models/graph_config.h), with its loss.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "layers/graph.h"
#include "models/graph_config.h"

namespace dlcore {

/// What a network's data are, of an example each.
struct ExampleShapes {
  Shape input;
  std::int64_t classes = 0;  // targets are numbers of classes below this; 0: they are
  Shape target = {};         // numbers of this shape
  bool bytes = false;        // inputs were bytes, and are given as value / 255
};

class GraphModel {
 public:
  /// Throws Error that names the layer and its place where it does not fit what it reads, is read by none, or
  /// is unknown, and where the last one is no loss of scores and targets.
  /// before_memory, where given, sees the parameters with their shapes before there is memory for them.
  GraphModel(const GraphConfig& config, const ExampleShapes& shapes, DType type, Device device,
             const std::function<void(const ParameterSet&)>& before_memory = {});

  const GraphConfig& config() const { return config_; }
  const ExampleShapes& shapes() const { return shapes_; }
  DType dtype() const { return type_; }
  Device device() const { return device_; }
  ParameterSet& parameters() { return network_.parameters(); }
  const ParameterSet& parameters() const { return network_.parameters(); }
  /// By what name the loss reads the scores, and their shape for an example.
  const std::string& scores_name() const { return scores_; }
  const Shape& scores_shape() const { return scores_shape_; }

  void initialize(std::uint64_t seed);

  /// What the loss reads, for inputs (N, ...) of the model's type on its device: (N, scores_shape), valid
  /// until the next forward.
  Tensor forward(const Context& context, const Tensor& inputs);
  /// The loss, (1), of what forward gave and targets: (N) int32 classes, or (N, target) numbers. In training
  /// backward may follow.
  Tensor loss(const Context& context, const Tensor& scores, const Tensor& targets);
  /// Adds the gradients of the last forward and loss to those of the parameters.
  void backward(const Context& context);

  /// For passes with parameters that do not change (layers/layer.h).
  void freeze(const Stream& stream) { network_.freeze(stream); }
  void thaw() { network_.thaw(); }

  /// Makes room for N examples.
  void reserve(const Context& context, std::int64_t N);

 private:
  Spec targets_of(std::int64_t N) const;

  GraphConfig config_;
  ExampleShapes shapes_;
  DType type_;
  Device device_;
  Graph network_, loss_;
  std::string scores_;
  Shape scores_shape_;
};

}  // namespace dlcore
