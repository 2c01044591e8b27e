#include "models/optimizer.h"

#include <functional>
#include <map>

#include "core/error.h"
#include "kernels/elementwise.h"
#include "kernels/optimizer.h"
#include "kernels/reduce.h"

namespace dlcore {
namespace {

class Sgd : public Optimizer {
 public:
  Sgd(const OptimizerConfig& config, const ParameterSet& parameters)
      : Optimizer(parameters), config_(config) {
    if (config.momentum > 0) velocity_ = zeros();
  }

  void step(const Stream& stream, double learning_rate, const Tensor& gradient_scale) override {
    begin_step(stream);
    kernels::sgd(stream, values_, gradients_, exact_, velocity_, gradient_scale, learning_rate,
                 config_.momentum, config_.dampening, config_.nesterov, config_.weight_decay, steps_ == 1,
                 values_.numel());
  }

  std::vector<std::pair<std::string, Tensor>> state() const override {
    auto all = Optimizer::state();
    if (velocity_.defined()) all.emplace_back("velocity", velocity_);
    return all;
  }

 private:
  OptimizerConfig config_;
  Tensor velocity_;
};

class Adam : public Optimizer {
 public:
  Adam(const OptimizerConfig& config, const ParameterSet& parameters, bool decoupled)
      : Optimizer(parameters), config_(config), decoupled_(decoupled), mean_(zeros()), square_(zeros()) {}

  void step(const Stream& stream, double learning_rate, const Tensor& gradient_scale) override {
    begin_step(stream);
    kernels::adam(stream, values_, gradients_, exact_, mean_, square_, gradient_scale, learning_rate,
                  config_.beta1, config_.beta2, config_.epsilon, config_.weight_decay, decoupled_, steps_,
                  values_.numel());
  }

  std::vector<std::pair<std::string, Tensor>> state() const override {
    auto all = Optimizer::state();
    all.emplace_back("mean", mean_);
    all.emplace_back("square", square_);
    return all;
  }

 private:
  OptimizerConfig config_;
  bool decoupled_;
  Tensor mean_, square_;
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

Optimizer::Optimizer(const ParameterSet& parameters)
    : values_(parameters.values()), gradients_(parameters.gradients()) {
  if (values_.dtype() != arithmetic_of(values_.dtype())) exact_ = zeros();
}

Tensor Optimizer::zeros() const {
  return Tensor::zeros(values_.shape(), arithmetic_of(values_.dtype()), values_.device());
}

void Optimizer::begin_step(const Stream& stream) {
  if (++steps_ == 1 && exact_.defined()) copy(stream, values_.to(exact_.dtype()), exact_);
}

std::vector<std::pair<std::string, Tensor>> Optimizer::state() const {
  if (!exact_.defined()) return {};
  return {{"exact", exact_}};
}

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
