#include "models/optimizer.h"

#include <functional>
#include <map>

#include "core/error.h"
#include "kernels/elementwise.h"
#include "kernels/optimizer.h"
#include "kernels/reduce.h"

namespace dlcore {
namespace {

Tensor zeros_like(const Tensor& tensor) {
  return Tensor::zeros(tensor.shape(), tensor.dtype(), tensor.device());
}

class Sgd : public Optimizer {
 public:
  Sgd(const OptimizerConfig& config, const ParameterSet& parameters)
      : config_(config), values_(parameters.values()), gradients_(parameters.gradients()) {
    if (config.momentum > 0) velocity_ = zeros_like(values_);
  }

  void step(const Stream& stream, double learning_rate, const Tensor& gradient_scale) override {
    ++steps_;
    kernels::sgd(stream, values_, gradients_, velocity_, gradient_scale, learning_rate, config_.momentum,
                 config_.dampening, config_.nesterov, config_.weight_decay, steps_ == 1, values_.numel());
  }

  std::vector<std::pair<std::string, Tensor>> state() const override {
    if (!velocity_.defined()) return {};
    return {{"velocity", velocity_}};
  }

 private:
  OptimizerConfig config_;
  Tensor values_, gradients_, velocity_;
};

class Adam : public Optimizer {
 public:
  Adam(const OptimizerConfig& config, const ParameterSet& parameters, bool decoupled)
      : config_(config),
        decoupled_(decoupled),
        values_(parameters.values()),
        gradients_(parameters.gradients()),
        mean_(zeros_like(values_)),
        square_(zeros_like(values_)) {}

  void step(const Stream& stream, double learning_rate, const Tensor& gradient_scale) override {
    ++steps_;
    kernels::adam(stream, values_, gradients_, mean_, square_, gradient_scale, learning_rate, config_.beta1,
                  config_.beta2, config_.epsilon, config_.weight_decay, decoupled_, steps_, values_.numel());
  }

  std::vector<std::pair<std::string, Tensor>> state() const override {
    return {{"mean", mean_}, {"square", square_}};
  }

 private:
  OptimizerConfig config_;
  bool decoupled_;
  Tensor values_, gradients_, mean_, square_;
};

using Maker = std::function<std::unique_ptr<Optimizer>(const OptimizerConfig&, const ParameterSet&)>;

const std::map<std::string, Maker>& table() {
  using C = const OptimizerConfig&;
  using P = const ParameterSet&;
  static const std::map<std::string, Maker> makers{
      {"adam", [](C c, P p) { return std::make_unique<Adam>(c, p, false); }},
      {"adamw", [](C c, P p) { return std::make_unique<Adam>(c, p, true); }},
      {"sgd", [](C c, P p) { return std::make_unique<Sgd>(c, p); }},
  };
  return makers;
}

}  // namespace

std::vector<std::string> optimizer_names() {
  std::vector<std::string> names;
  for (const auto& [name, maker] : table()) names.push_back(name);
  return names;
}

std::unique_ptr<Optimizer> make_optimizer(const OptimizerConfig& config, const ParameterSet& parameters) {
  const auto found = table().find(config.name);
  if (found == table().end()) {
    std::string known;
    for (const auto& name : optimizer_names()) known += (known.empty() ? "" : ", ") + name;
    fail("there is no optimiser '{}': the optimisers are {}", config.name, known);
  }
  require(!config.nesterov || (config.momentum > 0 && config.dampening == 0),
          "optimiser sgd: nesterov needs a momentum above 0 and no dampening, not {} and {}", config.momentum,
          config.dampening);
  return found->second(config, parameters);
}

GradientNorm::GradientNorm(Device device)
    : parts_({kernels::sum_of_squares_parts}, DType::float64, device),
      total_({1}, DType::float64, device),
      more_({1}, DType::float64, device),
      scale_({1}, DType::float64, device),
      norm_({1}, DType::float64, device) {}

const Tensor& GradientNorm::clip(const Stream& stream, std::span<const Tensor> gradients, double max_norm) {
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    kernels::sum_of_squares(stream, gradients[i], parts_, i == 0 ? total_ : more_, gradients[i].numel());
    if (i > 0) kernels::add(stream, total_, more_, total_, 1);
  }
  kernels::clip_scale(stream, gradients[0], total_, max_norm, scale_, norm_);
  return scale_;
}

const Tensor& GradientNorm::clip(const Stream& stream, const Tensor& gradients, double max_norm) {
  return clip(stream, std::span(&gradients, 1), max_norm);
}

}  // namespace dlcore
