// Pooling of pictures.
#pragma once

#include "kernels/pooling.h"
#include "layers/layer.h"

namespace dlcore {

/// The largest or the mean element of each window, per channel (kernels/pooling.h).
/// x: (N, H, W, C), y: (N, H', W', C). Maximum: dx is dy at the largest element of each window, the first of
/// equals; mean: dx is dy over the number of elements.
class Pool2d : public Layer {
 public:
  enum class Kind : unsigned char { maximum, average };

  /// Windows at fixed steps: "MaxPool2d", "AvgPool2d". count_padding: a mean divides by the whole window, as
  /// PyTorch's count_include_pad.
  Pool2d(Kind kind, const kernels::Window& window, bool count_padding);
  /// out_h x out_w windows that share the picture, whatever its size: "AdaptiveMaxPool2d",
  /// "AdaptiveAvgPool2d"; 1 x 1 is global pooling.
  Pool2d(Kind kind, std::int64_t out_h, std::int64_t out_w);

  Plan plan(const Context& context, std::span<const Spec> inputs) const override;

 protected:
  void do_forward(const ForwardPass& pass) const override;
  void do_backward(const BackwardPass& pass) const override;

 private:
  kernels::PoolingExtents extents(const Shape& x) const;

  Kind kind_;
  bool adaptive_;
  bool count_padding_ = false;
  kernels::Window window_{};
  std::int64_t out_h_ = 0, out_w_ = 0;
};

}  // namespace dlcore
