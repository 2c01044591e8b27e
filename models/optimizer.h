// Optimisers over a model's flat parameter buffer, with PyTorch's semantics (kernels/optimizer.h has the
// formulas), and clipping by the global gradient norm.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/stream.h"
#include "layers/parameter.h"

namespace dlcore {

class SavedState;

struct OptimizerConfig {
  std::string name = "adamw";  // a name in the table of optimisers: sgd, adam, adamw
  double learning_rate = 1e-3;
  double weight_decay = 0.01;
  double beta1 = 0.9;  // adam, adamw
  double beta2 = 0.999;
  double epsilon = 1e-8;
  double momentum = 0;  // sgd
  double dampening = 0;
  bool nesterov = false;
  /// Factors of the learning rate of parameters whose names begin so; of several that fit, the longest holds.
  std::vector<std::pair<std::string, double>> rates = {};
};

/// "embed=0.1 score=2" as OptimizerConfig::rates, and back. Throws Error for anything else.
std::vector<std::pair<std::string, double>> parse_rates(const std::string& text);
std::string to_string(const std::vector<std::pair<std::string, double>>& rates);
/// Throws Error where the beginning of a name is that of none of `names`.
void check_rates(const OptimizerConfig& config, std::span<const std::string> names);

class Optimizer {
 public:
  virtual ~Optimizer() = default;

  /// Updates the parameters with their gradients and sets the gradients to zero. gradient_scale: (1) float64
  /// on the device, multiplied into every gradient first, or undefined.
  void step(const Stream& stream, double learning_rate, const Tensor& gradient_scale = {});

  /// Everything besides the parameters that a continued run needs, by name: also `exact`, the parameters in
  /// float32 from the first step on, where theirs are bfloat16.
  virtual std::vector<std::pair<std::string, Tensor>> state() const;
  /// The same and the number of steps.
  void state(SavedState& saved);
  /// The parameters as they are updated, in their arithmetic's type: flat, on the device.
  const Tensor& exact_values() const { return exact_.defined() ? exact_ : values_; }
  std::int64_t steps() const { return steps_; }

 protected:
  Optimizer(const OptimizerConfig& config, const ParameterSet& parameters, const std::string& prefix);

  /// Elements of the flat buffers that have one learning rate.
  struct Range {
    std::int64_t begin, count;
    double factor;

    Tensor of(const Tensor& flat) const { return flat.defined() ? flat.slice(begin, {count}) : flat; }
  };
  /// One step of these elements; steps_ counts it already.
  virtual void update(const Stream& stream, const Range& range, double learning_rate,
                      const Tensor& gradient_scale) = 0;

  Tensor zeros() const;  // for every parameter, in the type of `exact`

  Tensor values_, gradients_;
  Tensor exact_;  // (kernels/optimizer.h), or undefined
  std::int64_t steps_ = 0;

 private:
  std::vector<Range> ranges_;
};

std::vector<std::string> optimizer_names();

/// `parameters` must be allocated and outlive the optimiser. Throws Error for an unknown name and for values
/// outside their range. `prefix` stands before the parameters' names where config.rates names them.
std::unique_ptr<Optimizer> make_optimizer(const OptimizerConfig& config, const ParameterSet& parameters,
                                          const std::string& prefix = "");

/// The global norm of all gradients and the factor that clips it.
class GradientNorm {
 public:
  explicit GradientNorm(Device device);

  /// Returns the factor min(1, max_norm / (norm + 1e-6)), (1) float64 on the device, for the norm of all
  /// elements of one or several buffers together. Infinity clips nothing.
  const Tensor& clip(const Stream& stream, std::span<const Tensor> gradients,
                     double max_norm = std::numeric_limits<double>::infinity());
  const Tensor& clip(const Stream& stream, const Tensor& gradients,
                     double max_norm = std::numeric_limits<double>::infinity());
  /// The norm that the last clip saw, before clipping: (1) float64 on the device.
  const Tensor& norm() const { return norm_; }
  double value() const { return norm_.to_vector<double>()[0]; }  // waits for the device

 private:
  Tensor parts_, total_, more_, scale_, norm_;
};

}  // namespace dlcore
