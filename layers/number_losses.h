// Losses that compare numbers with the numbers that they should be.
#pragma once

#include "layers/layer.h"

namespace dlcore {

/// prediction: (N, ...); target: of the same shape, and of the same type or of that in which losses are kept
/// (float32 beside bfloat16). Output: loss (1), a mean over all elements, 0 where there are none. The target
/// has a gradient too, for a target that is itself computed.
class NumberLoss : public Layer {
 public:
  Plan plan(const Context& context, std::span<const Spec> inputs) const override;

 protected:
  using Layer::Layer;

  void do_forward(const ForwardPass& pass) const override;
  void do_backward(const BackwardPass& pass) const override;

  /// The target under the one of its two types that it has; the other one is undefined.
  struct Target {
    Target(const Tensor& prediction, const Tensor& tensor);
    Tensor same, exact;
  };
  /// losses (rows): sums over the rows of (rows, cols).
  virtual void add_losses(const Stream& stream, const Tensor& prediction, const Target& target,
                          const Tensor& losses, std::int64_t rows, std::int64_t cols) const = 0;
  /// Gradients that are wanted, of scale times the sum of all losses, times upstream (1).
  virtual void find_gradients(const Stream& stream, const Tensor& prediction, const Target& target,
                              const Tensor& upstream, double scale, const Tensor& of_prediction,
                              const Target& of_target) const = 0;
};

/// loss = mean of (p - t)^2.   dp = 2 (p - t) / n, dt = -dp. As torch.nn.MSELoss.
class SquaredLoss : public NumberLoss {
 public:
  SquaredLoss() : NumberLoss("SquaredLoss") {}

 protected:
  void add_losses(const Stream& stream, const Tensor& prediction, const Target& target, const Tensor& losses,
                  std::int64_t rows, std::int64_t cols) const override;
  void find_gradients(const Stream& stream, const Tensor& prediction, const Target& target,
                      const Tensor& upstream, double scale, const Tensor& of_prediction,
                      const Target& of_target) const override;
};

/// The cross-entropy of sigmoid(x) and a target in [0, 1], for any number of answers of yes and no to one
/// input: loss = mean of log(1 + exp(x)) - t x.   dx = (sigmoid(x) - t) / n, dt = -x / n. x is a logit, and
/// nothing overflows. A target outside [0, 1] gives NaN. As torch.nn.BCEWithLogitsLoss.
class BinaryLoss : public NumberLoss {
 public:
  BinaryLoss() : NumberLoss("BinaryLoss") {}

 protected:
  void add_losses(const Stream& stream, const Tensor& prediction, const Target& target, const Tensor& losses,
                  std::int64_t rows, std::int64_t cols) const override;
  void find_gradients(const Stream& stream, const Tensor& prediction, const Target& target,
                      const Tensor& upstream, double scale, const Tensor& of_prediction,
                      const Target& of_target) const override;
};

}  // namespace dlcore
