// The whole captioner by finite differences, and what must not change its gradients.
#include <set>

#include "tests/models/captioner_fixture.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

void check_whole(const Target& target, const CaptionerConfig& config, std::vector<std::int32_t> captions,
                 std::int64_t count) {
  SmallModel model(target, config, std::move(captions), count);
  model.run();
  check_gradients(target, model.gradients(), [&] { return std::vector<double>{model.loss()}; },
                  {.all_up_to = 60});
}

// Every length is another one; one caption has no word, one is nothing but <START>.
std::vector<std::int32_t> all_lengths() {
  return token_rows({{1, 4, 2}, {1, 5, 6, 7, 8, 9, 2}, {1, 2}, {1, 3, 10, 4, 2}, {1}, {1, 7, 7, 2}});
}

template <class F>
void for_both_cells(F f) {
  for (const std::string cell : {"rnn", "lstm"}) {
    INFO(cell);
    f(cell);
  }
}

}  // namespace

TEST_CASE("captioner: gradients are those of finite differences") {
  on_every_target_of(DType::float64, [](const Target& target) {
    for_both_cells([&](const std::string& cell) {
      check_whole(target, SmallModel::config(cell), all_lengths(), 6);
      check_whole(target, SmallModel::full_config(cell), all_lengths(), 6);
    });
  });
}

TEST_CASE("captioner: gradients for odd sizes and odd batches") {
  on_every_target_of(DType::float64, [](const Target& target) {
    for_both_cells([&](const std::string& cell) {
      CaptionerConfig config = SmallModel::full_config(cell);
      SECTION(cell + ": one caption") {
        check_whole(target, config, {1, 4, 5, 2}, 1);
      }
      SECTION(cell + ": captions without a word") {
        check_whole(target, config, token_rows({{1, 2}, {1, 2}, {1, 2}}), 3);
      }
      SECTION(cell + ": <NULL> in the middle") {
        check_whole(target, config, token_rows({{1, 4, 0, 5, 2}, {1, 0, 0, 2}, {1, 6, 2}}), 3);
      }
      SECTION(cell + ": widths of 1") {
        config.feature_shape = {1};
        config.wordvec_dim = config.hidden_dim = 1;
        check_whole(target, config, all_lengths(), 6);
      }
      SECTION(cell + ": widths past a vector register") {
        config.feature_shape = {31};
        config.wordvec_dim = 33;
        config.hidden_dim = 17;
        config.vocabulary_size = 67;
        check_whole(target, config, draw_token_rows({0, 7, 3, 12, 5, 1, 2}, 67, 3), 7);
      }
    });
  });
}

TEST_CASE("captioner: a batch without a word to predict has the loss 0 and no gradient") {
  on_every_target([](const Target& target) {
    for_both_cells([&](const std::string& cell) {
      SmallModel model(target, SmallModel::config(cell), token_rows({{1, 0, 0}, {1, 0, 0}}), 2);
      CHECK(model.run() == 0);
      for (const auto& variable : model.gradients()) {
        INFO(variable.name);
        for (const double value : numbers(variable.gradient)) CHECK(value == 0);
      }
    });
  });
}

TEST_CASE("captioner: forward and backward twice give twice the gradient") {
  on_every_target([](const Target& target) {
    for_both_cells([&](const std::string& cell) {
      SmallModel model(target, SmallModel::full_config(cell), all_lengths(), 6);
      model.run();
      std::vector<Variable> once = model.gradients();
      model.loss();
      model.captioner.backward(model.context(true), model.batch);
      std::vector<Variable> twice = model.gradients();
      check_same_gradients(target, {twice.back()}, {once.back()});  // of the features: overwritten
      twice.pop_back();
      once.pop_back();
      check_same_gradients(target, twice, once, 2);
    });
  });
}

TEST_CASE("captioner: packed and padded captions have the same loss and gradients") {
  // By falling length, so that both batches have the same order.
  const std::vector<std::int32_t> captions =
      token_rows({{1, 5, 6, 7, 8, 9, 2}, {1, 3, 10, 4, 2}, {1, 7, 0, 7, 2}, {1, 4, 2}, {1, 2}, {1}});
  on_every_target_of(DType::float64, [&](const Target& target) {
    for_both_cells([&](const std::string& cell) {
      SmallModel packed(target, SmallModel::config(cell), captions, 6);
      const double loss = packed.run();
      CHECK(packed.batch.packing.tokens() == 6 + 4 + 4 + 2 + 1);

      SmallModel padded(target, SmallModel::config(cell), captions, 6);
      constexpr std::int32_t no_padding = -1;
      padded.batch = make_caption_batch(captions, 7, packed.batch.features, no_padding);
      CHECK(padded.batch.packing.tokens() == 6 * 6);
      check_close(target, Tensor::from(std::vector<double>{padded.run()}, {1}), {loss});
      check_same_gradients(target, padded.gradients(), packed.gradients());
    });
  });
}

TEST_CASE("captioner: dropout acts in training only and changes with the step") {
  on_every_target_of(DType::float32, [](const Target& target) {
    SmallModel model(target, SmallModel::full_config("lstm"), all_lengths(), 6);
    const auto loss = [&](bool training, std::uint64_t step) {
      return numbers(model.captioner.forward(model.context(training, step), model.batch))[0];
    };
    CHECK(loss(false, 0) == loss(false, 1));
    CHECK(loss(true, 0) == loss(true, 0));
    CHECK(loss(true, 0) != loss(true, 1));
    CHECK(loss(true, 0) != loss(false, 0));
    Context without = model.context(true);
    without.dropout = false;
    check_close(target, model.captioner.forward(without, model.batch), {loss(false, 0)}, 0, 1000);
  });
}

TEST_CASE("captioner: each dropout acts by itself, and those of the two ends are one by default") {
  on_every_target_of(DType::float64, [](const Target& target) {
    for_both_cells([&](const std::string& cell) {
      const auto loss = [&](double both, std::optional<double> embed, std::optional<double> output,
                            double state) {
        CaptionerConfig config = SmallModel::config(cell);
        config.dropout = both;
        config.embed_dropout = embed;
        config.output_dropout = output;
        config.state_dropout = state;
        SmallModel model(target, config, all_lengths(), 6);
        const double value = model.run();
        check_gradients(target, model.gradients(), [&] { return std::vector<double>{model.loss()}; },
                        {.all_up_to = 20});
        return value;
      };
      const double none = loss(0, {}, {}, 0), both = loss(0.4, {}, {}, 0);
      CHECK(loss(0, 0.4, 0.4, 0) == both);
      CHECK(loss(0.4, 0, 0, 0) == none);
      const double embed = loss(0.4, {}, 0, 0), output = loss(0, 0, 0.4, 0), state = loss(0, {}, {}, 0.4);
      const std::set<double> different{none, both, embed, output, state, loss(0, {}, {}, 0.2)};
      CHECK(different.size() == 6);
    });
  });
}
