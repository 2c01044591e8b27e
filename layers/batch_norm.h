// Batch normalisation.
#pragma once

#include "layers/layer.h"

namespace dlcore {

struct BatchNormSettings {
  std::int64_t channels;
  double eps = 1e-5;
  double momentum = 0.1;  // of the running statistics
  bool affine = true;     // with scale and shift
  bool relu = false;
};

/// The work of batch normalisation, which BatchNorm2d and ConvNorm share (kernels/batch_norm.h):
///
///     y = relu((x - mean) / sqrt(variance + eps) * weight + bias + residual)
///
/// In training (Context::training and Context::batch_statistics) mean and variance are the batch's, and the
/// running ones follow; otherwise they are the running ones, constants for backward. Parameters: "weight"
/// (C), initially 1, and "bias" (C), initially 0, where affine; "running_mean" (C), initially 0, and
/// "running_var" (C), initially 1, not trained.
class BatchNormPass {
 public:
  explicit BatchNormPass(const BatchNormSettings& settings) : settings_(settings) {}

  const BatchNormSettings& settings() const { return settings_; }

  /// Throws Error that names the layer when a setting is impossible.
  void check(const std::string& layer) const;
  std::vector<Parameter> parameters(const std::string& prefix) const;
  /// Throws Error that names the layer when x [..., C] does not suit it.
  void check_input(const std::string& layer, const Context& context, const Shape& x) const;
  /// What forward leaves besides x: mean and inverse deviation.
  std::vector<Spec> cache(DType type) const;
  std::vector<Spec> backward_workspace(DType type) const { return cache(type); }
  /// Whether backward needs y, with so many inputs: without a residual x says where the ReLU was closed.
  bool backward_reads_outputs(std::size_t inputs) const {
    return settings_.relu && (inputs > 1 || !settings_.affine);
  }

  /// parameters: as made by parameters(); cache and workspace: as above. Residual and dresidual may be
  /// undefined, and y where backward does not read it; dx may be undefined or x or dy.
  void forward(const Context& context, std::span<const Parameter> parameters, const Tensor& x,
               const Tensor& residual, const Tensor& y, Tensors cache) const;
  void backward(const Context& context, std::span<const Parameter> parameters, const Tensor& x,
                const Tensor& y, const Tensor& dy, const Tensor& dx, const Tensor& dresidual, Tensors cache,
                Tensors workspace) const;

 private:
  static bool takes_statistics(const Context& context) {
    return context.training && context.batch_statistics;
  }

  BatchNormSettings settings_;
};

/// x: (..., C), for instance pictures (N, H, W, C) or vectors (N, C); a second input, the residual, is like
/// x.
class BatchNorm2d : public Layer {
 public:
  explicit BatchNorm2d(const BatchNormSettings& settings);

  Plan plan(const Context& context, std::span<const Spec> inputs) const override;

 protected:
  void do_forward(const ForwardPass& pass) const override;
  void do_backward(const BackwardPass& pass) const override;

 private:
  BatchNormPass norm_;
};

}  // namespace dlcore
