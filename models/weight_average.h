// The running mean of a model's parameters over its training, which often does better than the last ones.
#pragma once

#include "models/optimizer.h"

namespace dlcore {

/// average := d average + (1 - d) parameters after each step t = 1, 2, ..., d = min(decay, (1 + t) / (10 +
/// t)), from the parameters after the first step on. Source: Polyak and Juditsky, 1992; the smaller decay at
/// the beginning as in TensorFlow's ExponentialMovingAverage.
class WeightAverage {
 public:
  /// `parameters` are those of `optimizer`; both must outlive it. Running statistics are not averaged.
  WeightAverage(const Optimizer& optimizer, const ParameterSet& parameters, double decay);

  /// After each step; before the optimiser's first one (of an encoder that does not learn yet) nothing
  /// happens, in apply() and restore() too.
  void update(const Stream& stream);
  /// The averages take the parameters' place, until restore().
  void apply(const Stream& stream);
  void restore(const Stream& stream);

  /// While restored.
  void state(SavedState& saved);

 private:
  void exchange(const Stream& stream, const Tensor& other);

  const Optimizer& optimizer_;
  double decay_;
  Tensor values_;   // the model's
  Tensor average_;  // in the arithmetic's type; while applied, what the average has displaced
};

}  // namespace dlcore
