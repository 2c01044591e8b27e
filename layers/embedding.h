// Word vectors.
#pragma once

#include "layers/layer.h"

namespace dlcore {

/// y[..., :] = W[id[...], :].  id: (...) int32 in 0..V-1, y: (..., D); W "weight": (V, D).
/// dW[v] += sum of dy over the places where id = v, in the order of the places (deterministic: by sorting).
/// An id outside the table gives NaN, and no gradient. Initially W = randn / sqrt(V).
class Embedding : public Layer {
 public:
  Embedding(std::int64_t V, std::int64_t D);

  Plan plan(const Context& context, std::span<const Spec> inputs) const override;

 protected:
  void do_forward(const ForwardPass& pass) const override;
  void do_backward(const BackwardPass& pass) const override;

 private:
  std::int64_t V_, D_;
};

}  // namespace dlcore
