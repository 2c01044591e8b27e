#include "models/weight_average.h"

#include <algorithm>

#include "kernels/elementwise.h"
#include "models/saved_state.h"

namespace dlcore {

WeightAverage::WeightAverage(const Optimizer& optimizer, const ParameterSet& parameters, double decay)
    : optimizer_(optimizer),
      decay_(decay),
      values_(parameters.values()),
      average_(Tensor::zeros(values_.shape(), arithmetic_of(values_.dtype()), values_.device())) {}

void WeightAverage::update(const Stream& stream) {
  const Tensor& now = optimizer_.exact_values();
  const auto t = static_cast<double>(optimizer_.steps());
  if (optimizer_.steps() == 0) return;
  if (optimizer_.steps() == 1) return copy(stream, now, average_);
  kernels::approach(stream, 1 - std::min(decay_, (1 + t) / (10 + t)), now, average_, now.numel());
}

void WeightAverage::apply(const Stream& stream) {
  exchange(stream, average_);
}

void WeightAverage::restore(const Stream& stream) {
  exchange(stream, optimizer_.exact_values());
}

void WeightAverage::state(SavedState& saved) {
  saved.tensor("average", average_);
}

// Where the optimiser keeps exact parameters, the model's are a copy in a shorter type.
void WeightAverage::exchange(const Stream& stream, const Tensor& other) {
  if (optimizer_.steps() == 0) return;
  if (values_.dtype() == average_.dtype())
    kernels::exchange(stream, values_, average_, values_.numel());
  else
    copy(stream, other.to(values_.dtype()), values_);
}

}  // namespace dlcore
