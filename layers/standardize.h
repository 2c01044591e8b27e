// Features to zero mean and unit deviation per channel, by statistics that belong to the model.
#pragma once

#include "layers/layer.h"

namespace dlcore {

/// y = (x - mean) * inverse_deviation.  x, y: (N, channels * spatial), channel-major as a flattened C x H x W
/// grid; "mean", "inverse_deviation": (channels), not trained: the trainer sets them from the training set.
class Standardize : public Layer {
 public:
  Standardize(std::int64_t channels, std::int64_t spatial);

  Plan plan(const Context& context, std::span<const Spec> inputs) const override;

 protected:
  void do_forward(const ForwardPass& pass) const override;
  void do_backward(const BackwardPass& pass) const override;

 private:
  std::int64_t channels_, spatial_;
};

}  // namespace dlcore
