// Dropout.
#pragma once

#include "layers/layer.h"

namespace dlcore {

/// In training y = x / (1 - p) with probability 1 - p, else 0 (inverted dropout); otherwise y = x. `site`
/// tells the dropout layers of one model apart: two with the same site drop the same elements.
class Dropout : public Layer {
 public:
  Dropout(double p, std::uint64_t site);  // 0 <= p < 1

  Plan plan(const Context& context, std::span<const Spec> inputs) const override;

 protected:
  void do_forward(const ForwardPass& pass) const override;
  void do_backward(const BackwardPass& pass) const override;

 private:
  void apply(const Context& context, const Tensor& x, const Tensor& y) const;

  double p_;
  std::uint64_t site_;
};

}  // namespace dlcore
