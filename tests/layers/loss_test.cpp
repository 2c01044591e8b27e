// The fused vocabulary layer with loss against Linear and TemporalSoftmaxLoss one after the other.
#include "layers/vocabulary_loss.h"
#include "tests/layers/gradient_check.h"
#include "tests/layers/layer_cases.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

constexpr std::int64_t H = 31, V = 257;

struct Fused {
  Fused(const Target& target, std::int64_t chunk, std::int32_t ignore_index)
      : fused(H, V, ignore_index, chunk),
        linear(make_layer("Linear", {{"in", H}, {"out", V}})),
        loss(make_layer("TemporalSoftmaxLoss", {{"ignore_index", ignore_index}})),
        fused_parameters(make_parameters(target, fused)),
        linear_parameters(make_parameters(target, *linear)) {}

  // Value, training value and gradients of both ways agree.
  void check(const Target& target, const Packing* packing, const Tensor& h, const Tensor& words) {
    Context context{.stream = target.stream, .training = true, .packing = packing};
    const Tensor upstream = make(target, {0.75});
    LayerCall linear_call(*linear), loss_call(*loss), fused_call(fused);
    const Tensor scores = linear_call.forward(context, {h})[0];
    const std::vector<double> want = numbers(loss_call.forward(context, {scores, words})[0]);
    zero_gradients(target, *linear);
    zero_gradients(target, fused);
    const Tensor dh = linear_call.backward(context, {loss_call.backward(context, {upstream})[0]})[0];

    const std::int64_t operations = words.numel() * V;
    check_alike(target, "loss", fused_call.forward(context, {h, words})[0], want, operations);
    check_alike(target, "dh", fused_call.backward(context, {upstream})[0], numbers(dh), operations);
    for (std::size_t i = 0; i < 2; ++i)
      check_alike(target, linear->parameters()[i].name, fused.parameters()[i].gradient,
                  numbers(linear->parameters()[i].gradient), operations);
    context.training = false;
    check_alike(target, "loss without training", fused_call.forward(context, {h, words})[0], want,
                operations);
    const Tensor decoded = make_poisoned(target, {{words.numel(), V}, target.type});
    fused.scores(target.stream, h.view({words.numel(), H}), decoded);
    check_alike(target, "scores", decoded, numbers(scores), H);
  }

  VocabularyLoss fused;
  std::unique_ptr<Layer> linear, loss;
  ParameterSet fused_parameters, linear_parameters;
};

std::vector<std::int32_t> words_with_gaps(std::int64_t n, std::int32_t ignored) {
  std::vector<std::int32_t> words = draw_ids(n, V, 7);
  for (std::size_t i = 2; i < words.size(); i += 4) words[i] = ignored;
  return words;
}

}  // namespace

TEST_CASE("the fused loss is Linear and the temporal softmax loss") {
  for (const DType type : {DType::float64, DType::float32})
    on_every_target_of(type, [](const Target& target) {
      for (const std::int64_t chunk : {0, 1, 3})
        for (const std::int32_t ignored : {-1, 5}) {
          INFO("chunks of " << chunk << ", ignored " << ignored);
          Fused both(target, chunk, ignored);
          const std::vector<std::int64_t> lengths{4, 3, 2, 1, 0};
          const Packing packing = Packing::from_lengths(lengths);
          both.check(target, &packing, make_normal(target, {10, H}, 3),
                     make_ids(target, words_with_gaps(10, ignored), {10}));
          both.check(target, nullptr, make_normal(target, {3, 5, H}, 4),
                     make_ids(target, words_with_gaps(15, ignored), {3, 5}));
        }
    });
}

TEST_CASE("a loss is divided by the number of captions, not of tokens") {
  on_every_target_of(DType::float64, [](const Target& target) {
    const auto layer = make_layer("TemporalSoftmaxLoss", {{"ignore_index", -1}});
    const std::vector<std::int64_t> lengths{3, 1, 0, 0};
    const Packing packing = Packing::from_lengths(lengths);
    const Context packed{.stream = target.stream, .packing = &packing};
    const Context plain{.stream = target.stream};
    LayerCall call(*layer);
    const Tensor scores = make_zeros(target, {4, 8});  // every word has -log(1/8)
    const Tensor words = make_ids(target, {1, 2, 3, 4}, {4});
    check_close(target, call.forward(packed, {scores, words})[0], {4 * std::log(8.0) / 4}, 0, 4);
    check_close(target, call.forward(plain, {scores.view({2, 2, 8}), words.view({2, 2})})[0],
                {4 * std::log(8.0) / 2}, 0, 4);
  });
}

TEST_CASE("all targets ignored: loss and gradients are zero") {
  on_every_target([](const Target& target) {
    Fused both(target, 3, 6);
    const Context context{.stream = target.stream, .training = true};
    LayerCall call(both.fused);
    const Tensor h = make_normal(target, {2, 5, H}, 1);
    const Tensor words = make_ids(target, std::vector<std::int32_t>(10, 6), {2, 5});
    CHECK(numbers(call.forward(context, {h, words})[0])[0] == 0);
    check_close(target, call.backward(context, {make(in_arithmetic(target), {1})})[0],
                std::vector<double>(10 * H));
    check_close(target, both.fused.parameters()[0].gradient, std::vector<double>(H * V));
  });
}

TEST_CASE("a word outside the vocabulary gives NaN, never a wrong number") {
  on_every_target([](const Target& target) {
    const Context context{.stream = target.stream, .training = true};
    for (const std::int32_t bad : {-2, static_cast<std::int32_t>(V), 1 << 30}) {
      INFO(bad);
      Fused both(target, 2, -1);
      const Tensor h = make_normal(target, {1, 4, H}, 1);
      const Tensor words = make_ids(target, {1, 2, bad, 3}, {1, 4});
      LayerCall fused_call(both.fused), loss_call(*both.loss);
      CHECK(std::isnan(numbers(fused_call.forward(context, {h, words})[0])[0]));
      CHECK(
          std::isnan(numbers(loss_call.forward(context, {make_normal(target, {1, 4, V}, 2), words})[0])[0]));
      const auto table = make_layer("Embedding", {{"V", V}, {"D", 3}});
      const ParameterSet parameters = make_parameters(target, *table);
      LayerCall lookup(*table);
      const std::vector<double> vectors = numbers(lookup.forward(context, {words})[0]);
      for (std::size_t i = 0; i < vectors.size(); ++i) CHECK(std::isnan(vectors[i]) == (i / 3 == 2));
    }
  });
}
