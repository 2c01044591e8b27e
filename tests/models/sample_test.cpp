// Greedy decoding.
#include "tests/models/captioner_fixture.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

using Words = std::vector<std::int32_t>;

// A captioner that always chooses the word whose score's bias is the largest.
CaptioningRNN constant_captioner(const Target& target, const std::string& cell,
                                 const std::vector<double>& bias) {
  CaptioningRNN captioner({.cell = cell,
                           .feature_shape = {4},
                           .vocabulary_size = static_cast<std::int64_t>(bias.size()),
                           .wordvec_dim = 3,
                           .hidden_dim = 5},
                          target.type, target.device());
  captioner.parameters().values().zero(target.stream);
  copy(target.stream, make(target, bias), captioner.parameters().find("score.bias").value);
  return captioner;
}

}  // namespace

TEST_CASE("sample: it stops at <END>, after max_length words, or not at all in the fixed mode") {
  on_every_target([](const Target& target) {
    for (const std::string cell : {"rnn", "lstm"}) {
      const Tensor features = make_normal(target, {3, 4}, 1);
      const auto ends = constant_captioner(target, cell, {0, 0, 1, 0, 0});
      for (const Words& words : ends.sample(target.stream, features, {.max_length = 4})) CHECK(words.empty());
      for (const Words& words : ends.sample(target.stream, features, {.max_length = 4, .fixed_length = true}))
        CHECK(words == Words{1, 2, 2, 2, 2});
      const auto goes_on = constant_captioner(target, cell, {0, 0, 0, 0, 1});
      for (const Words& words : goes_on.sample(target.stream, features, {.max_length = 3}))
        CHECK(words == Words{4, 4, 4});
      for (const Words& words :
           goes_on.sample(target.stream, features, {.max_length = 1, .fixed_length = true}))
        CHECK(words == Words{1, 4});
    }
  });
}

TEST_CASE("sample: of equal scores the first wins") {
  on_every_target([](const Target& target) {
    const Tensor features = make_normal(target, {2, 4}, 1);
    for (const Words& words : constant_captioner(target, "lstm", {-1, -1, -1, 0.5, -1, 0.5, 0.5})
                                  .sample(target.stream, features, {.max_length = 2}))
      CHECK(words == Words{3, 3});
    for (const Words& words : constant_captioner(target, "rnn", std::vector<double>(70, 0.25))
                                  .sample(target.stream, features, {.max_length = 2}))
      CHECK(words == Words{0, 0});
  });
}

TEST_CASE("sample: an image alone has the caption that it has in a batch") {
  const auto check = [](const Target& target) {
    for (const std::string cell : {"rnn", "lstm"}) {
      INFO(cell);
      CaptionerConfig config = SmallModel::full_config(cell);
      config.vocabulary_size = 40;
      config.hidden_dim = 19;
      SmallModel model(target, config, token_rows({{1, 2}}), 1);
      // Words that differ: larger weights than the initial ones.
      for (const std::string name : {"project.weight", "embed.weight", "score.weight", "cell.Wh"}) {
        const Tensor& value = model.captioner.parameters().find(name).value;
        copy(target.stream, make_normal(target, value.shape(), 77 + name.size()), value);
      }
      const std::int64_t N = 90;  // so many words together that most scores are not computed in full
      const Tensor features = make_normal(target, {N, config.feature_size()}, 3, 2);
      for (const bool fixed : {false, true}) {
        const SampleOptions options{.max_length = 7, .fixed_length = fixed};
        const auto together = model.captioner.sample(target.stream, features, options);
        CHECK(together.size() == 90);
        CHECK(together.front() != together.back());
        for (std::int64_t r = 0; r < N; ++r)
          CHECK(model.captioner.sample(target.stream, features.rows(r, r + 1), options)[0] ==
                together[static_cast<std::size_t>(r)]);
      }
    }
  };
  on_every_target_of(DType::float64, check);
  on_every_target_of(DType::float32, check);
}

TEST_CASE("sample: no images, grids, and what is refused") {
  for (const Target& target : targets()) {
    SmallModel model(target, SmallModel::config("lstm"), token_rows({{1, 2}}), 1);
    const auto sample = [&](const Tensor& features, std::int64_t length) {
      return model.captioner.sample(target.stream, features, {.max_length = length});
    };
    CHECK(sample(make_zeros(target, {0, 6}), 3).empty());
    const Tensor grid = make_normal(target, {2, 3, 1, 2}, 1);
    CHECK(sample(grid, 5) == sample(grid.view({2, 6}), 5));
    CHECK(contains(error_of([&] { sample(grid, 0); }), "at least 1 word, not 0"));
    CHECK_FALSE(error_of([&] { sample(make_zeros(target, {2, 5}), 3); }).empty());
  }
}

TEST_CASE("captioner: what is refused") {
  const auto error_with = [](auto change) {
    CaptionerConfig config = SmallModel::config("lstm");
    change(config);
    return error_of([&] { CaptioningRNN(config, DType::float32, Device::cpu()); });
  };
  CHECK(contains(error_with([](auto& c) { c.cell = "gru"; }), "no cell 'gru': the cells are lstm, rnn"));
  CHECK(contains(error_with([](auto& c) { c.initial_activation = "Tan"; }),
                 "captioner: initial activation: there is no layer 'Tan': the layers are "));
  CHECK(contains(error_with([](auto& c) { c.initial_activation = "Linear"; }),
                 "captioner: initial activation: layer Linear: the key '"));
  CHECK(
      contains(error_with([](auto& c) { c.initial_activation = "Add"; }), "captioner: initial activation: "));
  CHECK(contains(error_with([](auto& c) { c.feature_shape = {3, 4}; }), "[C, H, W], not [3, 4]"));
  CHECK(contains(error_with([](auto& c) { c.feature_shape = {0}; }), "positive"));
  CHECK(contains(error_with([](auto& c) { c.vocabulary_size = 0; }), "positive"));
  for (const std::int64_t size : {0, -3}) {
    CHECK(contains(error_with([&](auto& c) { c.wordvec_dim = size; }), "positive"));
    CHECK(contains(error_with([&](auto& c) { c.hidden_dim = size; }), "positive"));
  }
  CHECK_FALSE(error_with([](auto& c) { c.dropout = 1; }).empty());
  CHECK_FALSE(error_with([](auto& c) { c.embed_dropout = 1; }).empty());
  CHECK_FALSE(error_with([](auto& c) { c.output_dropout = -0.1; }).empty());
  CHECK_FALSE(error_with([](auto& c) { c.state_dropout = 1; }).empty());
  CHECK_FALSE(error_with([](auto& c) { c.dropout = -0.1; }).empty());
}
