// Parameters of layers, and the flat buffers that hold all of a model's.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/random.h"
#include "core/tensor.h"

namespace dlcore {

/// A named array of a layer. Trainable ones have a gradient; others (statistics) are stored with the model
/// only.
struct Parameter {
  std::string name;  // within its layer: "weight", "Wx"
  Shape shape;
  double initial_deviation = 0;  // normal numbers of this deviation, or where it is 0:
  double initial_value = 0;      // this constant
  bool trainable = true;
  Tensor value{};     // views into a ParameterSet's buffers
  Tensor gradient{};  // undefined where not trainable
};

/// All parameters of a model in one flat buffer for values and one for gradients, so that the optimiser, the
/// gradient norm, a checkpoint and an all-reduce are one pass each. Parameters belong to layers; the set
/// refers to them.
class ParameterSet {
 public:
  /// Adds a layer's parameters under the names "<prefix>.<name>" ("<name>" where the prefix is empty).
  void add(const std::string& prefix, std::vector<Parameter>& parameters);

  /// Makes the buffers and points every parameter into them. Values are undefined, gradients zero. Parameters
  /// that are not trained are of the type in which `type` is computed (core/dtype.h).
  void allocate(DType type, Device device);
  /// Draws the initial values in the order of the parameters; the same seed gives the same bits on every
  /// device.
  void initialize(Random& random);

  struct Entry {
    std::string name;
    Parameter* parameter;
  };
  const std::vector<Entry>& entries() const { return entries_; }
  Parameter& find(const std::string& name) const;  // throws Error that lists the names
  std::int64_t trainable_count() const;            // elements of all trainable parameters, without padding

  /// The trainable parameters and their gradients, padding (always zero) included.
  const Tensor& values() const { return trainable_values_; }
  const Tensor& gradients() const { return gradients_; }

 private:
  std::vector<Entry> entries_;
  Tensor trainable_values_, gradients_, other_values_;
};

}  // namespace dlcore
