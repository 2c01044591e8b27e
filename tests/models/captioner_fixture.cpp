#include "tests/models/captioner_fixture.h"

#include <algorithm>

namespace dlcore::test {

std::vector<std::int32_t> token_rows(const std::vector<std::vector<std::int32_t>>& captions) {
  std::size_t length = 0;
  for (const auto& caption : captions) length = std::max(length, caption.size());
  std::vector<std::int32_t> tokens;
  for (auto caption : captions) {
    caption.resize(length, 0);
    tokens.insert(tokens.end(), caption.begin(), caption.end());
  }
  return tokens;
}

std::vector<std::int32_t> draw_token_rows(const std::vector<std::int64_t>& words, std::int64_t vocabulary,
                                          std::uint64_t seed) {
  Random random(seed);
  std::vector<std::vector<std::int32_t>> captions;
  for (const auto count : words) {
    std::vector<std::int32_t> caption{1};
    for (std::int64_t k = 0; k < count; ++k)
      caption.push_back(static_cast<std::int32_t>(3 + random.below(vocabulary - 3)));
    caption.push_back(2);
    captions.push_back(caption);
  }
  return token_rows(captions);
}

CaptionerConfig SmallModel::config(const std::string& cell) {
  return {.cell = cell,
          .feature_shape = {3, 1, 2},
          .vocabulary_size = 11,
          .wordvec_dim = 5,
          .hidden_dim = 7,
          .feature_gradient = true};
}

CaptionerConfig SmallModel::full_config(const std::string& cell) {
  CaptionerConfig full = config(cell);
  full.initial_activation = "Tanh";
  full.dropout = 0.4;
  full.state_dropout = 0.3;
  full.standardize = true;
  return full;
}

SmallModel::SmallModel(const Target& target, const CaptionerConfig& config,
                       std::vector<std::int32_t> captions, std::int64_t count, std::uint64_t seed)
    : captioner(config, target.type, target.device()), target_(target) {
  captioner.initialize(seed);
  // Statistics and biases that are not zero, so that nothing is hidden by them.
  std::uint64_t number = 100 * seed;
  for (const auto& [name, parameter] : captioner.parameters().entries())
    if (parameter->shape.rank() == 1)
      copy(target.stream, make_normal(target, parameter->shape, ++number, 0.5).to(parameter->value.dtype()),
           parameter->value);
  batch =
      make_caption_batch(captions, static_cast<std::int64_t>(captions.size()) / count,
                         make_normal(target, {count, config.feature_size()}, seed + 1), config.null_index);
}

double SmallModel::run() {
  captioner.parameters().gradients().zero(target_.stream);
  const double value = loss();
  captioner.backward(context(true), batch);
  return value;
}

std::vector<Variable> SmallModel::gradients() {
  std::vector<Variable> variables;
  for (const auto& [name, parameter] : captioner.parameters().entries())
    if (parameter->trainable) variables.push_back({name, parameter->value, parameter->gradient.clone()});
  if (captioner.config().feature_gradient)
    variables.push_back({"features", batch.features, captioner.feature_gradient().clone()});
  return variables;
}

void check_same_gradients(const Target& target, const std::vector<Variable>& got,
                          const std::vector<Variable>& want, double factor, std::int64_t operations) {
  REQUIRE(got.size() == want.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    std::vector<double> expected = numbers(want[i].gradient);
    for (auto& value : expected) value *= factor;
    check_alike(target, "gradient of " + got[i].name, got[i].gradient, expected, operations);
  }
}

}  // namespace dlcore::test
