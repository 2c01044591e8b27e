// The same seed gives the same bits: from run to run, and with one thread or two.
#include "models/optimizer.h"
#include "tests/models/captioner_fixture.h"
#include "tests/models/relative_error.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

// Three optimiser steps; returns all parameters.
Tensor train(const Target& target, const std::string& cell, std::uint64_t seed) {
  CaptionerConfig config = SmallModel::full_config(cell);
  config.feature_shape = {30, 2, 2};
  config.wordvec_dim = 40;
  config.hidden_dim = 72;
  config.vocabulary_size = 103;
  config.feature_gradient = false;
  std::vector<std::int64_t> words;
  for (std::int64_t i = 0; i < 41; ++i) words.push_back(i % 9);
  SmallModel model(target, config, draw_token_rows(words, config.vocabulary_size, 3), 41, seed);
  const auto optimizer = make_optimizer({}, model.captioner.parameters());
  GradientNorm norm(target.device());
  for (std::uint64_t step = 0; step < 3; ++step) {
    const Context context{.stream = target.stream, .training = true, .seed = seed, .step = step};
    model.captioner.forward(context, model.batch);
    model.captioner.backward(context, model.batch);
    optimizer->step(target.stream, 1e-2,
                    norm.clip(target.stream, model.captioner.parameters().gradients(), 1));
  }
  return model.captioner.parameters().values().clone();
}

struct Threads {
  explicit Threads(int count) : before(cpu_threads()) { set_cpu_threads(count); }
  ~Threads() { set_cpu_threads(before); }
  int before;
};

}  // namespace

TEST_CASE("captioner: two runs with one seed give the same bits, another seed others") {
  on_every_target([](const Target& target) {
    for (const std::string cell : {"rnn", "lstm"}) {
      INFO(cell);
      const Tensor first = train(target, cell, 1);
      CHECK(same_bits(first, train(target, cell, 1)));
      CHECK_FALSE(same_bits(first, train(target, cell, 2)));
    }
  });
}

TEST_CASE("captioner: one thread and two give the same bits") {
  on_every_target([](const Target& target) {
    if (target.device().is_cuda()) return;
    for (const std::string cell : {"rnn", "lstm"}) {
      INFO(cell);
      const auto train_on = [&](int threads) {
        const Threads use(threads);
        return train(target, cell, 1);
      };
      CHECK(same_bits(train_on(1), train_on(2)));
    }
  });
}

TEST_CASE("captioner: the initial weights have the deviations of their source") {
  CaptioningRNN captioner(
      {.feature_shape = {100}, .vocabulary_size = 400, .wordvec_dim = 64, .hidden_dim = 96}, DType::float64,
      Device::cpu());
  captioner.initialize(5);
  const auto deviation = [&](const std::string& name) {
    double sum = 0;
    const std::vector<double> values = numbers(captioner.parameters().find(name).value);
    for (const double value : values) sum += value * value;
    return std::sqrt(sum / static_cast<double>(values.size()));
  };
  constexpr double few_percent = 0.05;  // of thousands of samples each
  CHECK(relative_error(deviation("project.weight"), 1 / std::sqrt(100)) < few_percent);
  CHECK(relative_error(deviation("embed.weight"), 1 / std::sqrt(400)) < few_percent);
  CHECK(relative_error(deviation("cell.Wx"), 1 / std::sqrt(64)) < few_percent);
  CHECK(relative_error(deviation("cell.Wh"), 1 / std::sqrt(96)) < few_percent);
  CHECK(relative_error(deviation("score.weight"), 1 / std::sqrt(96)) < few_percent);
  for (const std::string bias : {"project.bias", "cell.b", "score.bias"}) CHECK(deviation(bias) == 0);
}
