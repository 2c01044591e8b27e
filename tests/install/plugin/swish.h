// A layer outside of dlcore's own: Swish.
#pragma once

#include "layers/layer.h"

namespace example {

/// y = x s with s = sigmoid(x), element by element; dx = dy s + dy x s (1 - s). No parameters. Source:
/// Ramachandran et al., "Searching for Activation Functions", 2017.
class Swish : public dlcore::Layer {
 public:
  Swish() : Layer("Swish") {}

  dlcore::Plan plan(const dlcore::Context& context, std::span<const dlcore::Spec> inputs) const override;

 protected:
  void do_forward(const dlcore::ForwardPass& pass) const override;
  void do_backward(const dlcore::BackwardPass& pass) const override;
};

}  // namespace example
