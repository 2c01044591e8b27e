#include "models/optimizer.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <functional>
#include <map>
#include <sstream>

#include "core/format.h"
#include "kernels/elementwise.h"
#include "kernels/optimizer.h"
#include "kernels/reduce.h"
#include "models/saved_state.h"

namespace dlcore {
namespace {

class Sgd : public Optimizer {
 public:
  Sgd(const OptimizerConfig& config, const ParameterSet& parameters, const std::string& prefix)
      : Optimizer(config, parameters, prefix), config_(config) {
    if (config.momentum > 0) velocity_ = zeros();
  }

  std::vector<std::pair<std::string, Tensor>> state() const override {
    auto all = Optimizer::state();
    if (velocity_.defined()) all.emplace_back("velocity", velocity_);
    return all;
  }

 protected:
  void update(const Stream& stream, const Range& range, double learning_rate,
              const Tensor& gradient_scale) override {
    kernels::sgd(stream, range.of(values_), range.of(gradients_), range.of(exact_), range.of(velocity_),
                 gradient_scale, learning_rate, config_.momentum, config_.dampening, config_.nesterov,
                 config_.weight_decay, steps_ == 1, range.count);
  }

 private:
  OptimizerConfig config_;
  Tensor velocity_;
};

class Adam : public Optimizer {
 public:
  Adam(const OptimizerConfig& config, const ParameterSet& parameters, const std::string& prefix,
       bool decoupled)
      : Optimizer(config, parameters, prefix),
        config_(config),
        decoupled_(decoupled),
        mean_(zeros()),
        square_(zeros()) {}

  std::vector<std::pair<std::string, Tensor>> state() const override {
    auto all = Optimizer::state();
    all.emplace_back("mean", mean_);
    all.emplace_back("square", square_);
    return all;
  }

 protected:
  void update(const Stream& stream, const Range& range, double learning_rate,
              const Tensor& gradient_scale) override {
    kernels::adam(stream, range.of(values_), range.of(gradients_), range.of(exact_), range.of(mean_),
                  range.of(square_), gradient_scale, learning_rate, config_.beta1, config_.beta2,
                  config_.epsilon, config_.weight_decay, decoupled_, steps_, range.count);
  }

 private:
  OptimizerConfig config_;
  bool decoupled_;
  Tensor mean_, square_;
};

using Maker = std::function<std::unique_ptr<Optimizer>(const OptimizerConfig&, const ParameterSet&,
                                                       const std::string& prefix)>;

const std::map<std::string, Maker>& table() {
  using C = const OptimizerConfig&;
  using P = const ParameterSet&;
  using N = const std::string&;
  static const std::map<std::string, Maker> makers{
      {"adam", [](C c, P p, N n) { return std::make_unique<Adam>(c, p, n, false); }},
      {"adamw", [](C c, P p, N n) { return std::make_unique<Adam>(c, p, n, true); }},
      {"sgd", [](C c, P p, N n) { return std::make_unique<Sgd>(c, p, n); }},
  };
  return makers;
}

double rate_of(const OptimizerConfig& config, const std::string& name) {
  double factor = 1;
  std::size_t longest = 0;
  for (const auto& [beginning, rate] : config.rates)
    if (name.starts_with(beginning) && beginning.size() > longest) {
      factor = rate;
      longest = beginning.size();
    }
  return factor;
}

}  // namespace

std::vector<std::pair<std::string, double>> parse_rates(const std::string& text) {
  std::vector<std::pair<std::string, double>> rates;
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    const std::size_t equals = word.find('=');
    require(equals != std::string::npos && equals > 0,
            "learning rates of parameters are written NAME=FACTOR, separated by blanks, not '{}'", word);
    const std::string number = word.substr(equals + 1);
    double factor = 0;
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), factor);
    require(
        error == std::errc() && end == number.data() + number.size() && std::isfinite(factor) && factor >= 0,
        "the factor of the learning rate of {} must be a number of at least 0, not '{}'",
        word.substr(0, equals), number);
    for (const auto& [name, other] : rates)
      require(name != word.substr(0, equals), "the learning rate of {} is given twice", name);
    rates.emplace_back(word.substr(0, equals), factor);
  }
  return rates;
}

std::string to_string(const std::vector<std::pair<std::string, double>>& rates) {
  std::string text;
  for (const auto& [name, factor] : rates)
    text += fmt::format("{}{}={}", text.empty() ? "" : " ", name, factor);
  return text;
}

void check_rates(const OptimizerConfig& config, std::span<const std::string> names) {
  for (const auto& [beginning, factor] : config.rates)
    require(std::any_of(names.begin(), names.end(),
                        [&](const auto& name) { return name.starts_with(beginning); }),
            "a learning rate is given for '{}', with which no parameter's name begins: they are {}",
            beginning, fmt::join(names, ", "));
}

Optimizer::Optimizer(const OptimizerConfig& config, const ParameterSet& parameters, const std::string& prefix)
    : values_(parameters.values()), gradients_(parameters.gradients()) {
  if (values_.dtype() != arithmetic_of(values_.dtype())) exact_ = zeros();
  const auto size = static_cast<std::int64_t>(size_of(values_.dtype()));
  for (const auto& [name, parameter] : parameters.entries()) {
    if (!parameter->trainable) continue;
    const double factor = rate_of(config, prefix + name);
    const std::int64_t begin =
        (static_cast<std::byte*>(parameter->value.raw()) - static_cast<std::byte*>(values_.raw())) / size;
    if (!ranges_.empty() && ranges_.back().factor == factor) continue;
    if (!ranges_.empty()) ranges_.back().count = begin - ranges_.back().begin;
    ranges_.push_back({begin, 0, factor});
  }
  if (!ranges_.empty()) ranges_.back().count = values_.numel() - ranges_.back().begin;
}

void Optimizer::step(const Stream& stream, double learning_rate, const Tensor& gradient_scale) {
  if (++steps_ == 1 && exact_.defined()) copy(stream, values_.to(exact_.dtype()), exact_);
  for (const Range& range : ranges_) update(stream, range, range.factor * learning_rate, gradient_scale);
}

Tensor Optimizer::zeros() const {
  return Tensor::zeros(values_.shape(), arithmetic_of(values_.dtype()), values_.device());
}

std::vector<std::pair<std::string, Tensor>> Optimizer::state() const {
  if (!exact_.defined()) return {};
  return {{"exact", exact_}};
}

void Optimizer::state(SavedState& saved) {
  saved.value("steps", steps_);
  saved.tensors(state());
}

std::vector<std::string> optimizer_names() {
  std::vector<std::string> names;
  for (const auto& [name, maker] : table()) names.push_back(name);
  return names;
}

std::unique_ptr<Optimizer> make_optimizer(const OptimizerConfig& config, const ParameterSet& parameters,
                                          const std::string& prefix) {
  const auto found = table().find(config.name);
  if (found == table().end()) {
    std::string known;
    for (const auto& name : optimizer_names()) known += (known.empty() ? "" : ", ") + name;
    fail("there is no optimiser '{}': the optimisers are {}", config.name, known);
  }
  require(!config.nesterov || (config.momentum > 0 && config.dampening == 0),
          "optimiser sgd: nesterov needs a momentum above 0 and no dampening, not {} and {}", config.momentum,
          config.dampening);
  return found->second(config, parameters, prefix);
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
