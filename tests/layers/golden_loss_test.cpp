// Embedding and temporal softmax loss against the numbers of golden/golden_cases.json.
#include "tests/golden_cases.h"
#include "tests/layers/gradient_check.h"
#include "tests/layers/layer_cases.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

std::vector<std::int32_t> integers(const GoldenArray& array) {
  return {array.values.begin(), array.values.end()};
}

}  // namespace

TEST_CASE("golden: word embedding, forward and backward") {
  const nlohmann::json& golden = golden_case("word_embedding");
  const GoldenArray ids = golden_array(golden.at("inputs").at("x"));
  const GoldenArray table = golden_array(golden.at("inputs").at("W"));
  on_every_target_of(DType::float64, [&](const Target& target) {
    const auto layer = make_layer("Embedding", {{"V", table.shape[0]}, {"D", table.shape[1]}});
    const ParameterSet parameters = make_parameters(target, *layer);
    copy(target.stream, make(target, table.values, table.shape), layer->parameters()[0].value);
    LayerCall call(*layer);
    const Context context{.stream = target.stream, .training = true};
    const Tensor out = call.forward(context, {make_ids(target, integers(ids), ids.shape)})[0];
    CHECK(out.shape() == Shape({2, 4, 3}));
    CHECK(rel_error(numbers(out), golden_array(golden.at("expected_published").at("out")).values) <=
          golden.at("notebook_rel_error_limit").get<double>());
    call.backward(context, {make(target, linspace(-1, 1, out.numel()), out.shape())});
    CHECK(rel_error(numbers(layer->parameters()[0].gradient),
                    golden_array(golden.at("backward_derived").at("dW")).values) <= golden_limit);
  });
}

TEST_CASE("golden: temporal softmax loss, exact") {
  const nlohmann::json& golden = golden_case("temporal_softmax_exact_derived");
  std::vector<double> scores = linspace(-1.5, 2.0, 40);
  for (double& score : scores) score = std::sin(score);
  const std::vector<std::int32_t> targets{3, 1, 2, 0, 4, 0, 0, 0};
  const std::vector<double> want_dx = golden_array(golden.at("dx")).values;
  on_every_target_of(DType::float64, [&](const Target& target) {
    const auto layer = make_layer("TemporalSoftmaxLoss", {{"ignore_index", 0}});
    const Tensor one = make(target, {1});
    const auto check = [&](const Context& context, const Tensor& x, const Tensor& y, bool packed) {
      LayerCall call(*layer);
      const double loss = numbers(call.forward(context, {x, y})[0])[0];
      CHECK(rel_error({loss}, {golden.at("loss").get<double>()}) <= golden_limit);
      const std::vector<double> dx = numbers(call.backward(context, {one})[0]);
      CHECK(rel_error(packed ? batch_major(dx, 2, 4) : dx, want_dx) <= golden_limit);
    };
    const Context context{.stream = target.stream, .training = true};
    check(context, make(target, scores, Shape{2, 4, 5}), make_ids(target, targets, Shape{2, 4}), false);

    const Packing packing = Packing::full(2, 4);
    Context packed = context;
    packed.packing = &packing;
    const std::vector<double> turned = time_major({targets.begin(), targets.end()}, 2, 4);
    check(packed, make(target, time_major(scores, 2, 4), Shape{8, 5}),
          make_ids(target, {turned.begin(), turned.end()}, Shape{8}), true);
  });
}

TEST_CASE("golden: temporal softmax loss of small random scores is near its expectation") {
  for (const auto& one : golden_case("temporal_softmax_check_loss").at("cases")) {
    const std::int64_t N = one.at("N"), T = one.at("T"), V = one.at("V");
    std::vector<std::int32_t> ids = draw_ids(N * T, static_cast<std::int32_t>(V), 1);
    Random random(2);
    for (auto& id : ids)
      if (random.uniform() > one.at("p").get<double>()) id = 0;
    on_every_target_of(DType::float32, [&](const Target& target) {
      INFO(one.dump());
      const auto layer = make_layer("TemporalSoftmaxLoss", {{"ignore_index", 0}});
      LayerCall call(*layer);
      const Tensor scores = make_normal(target, {N, T, V}, 3, 0.001);
      const Context context{.stream = target.stream};
      const double loss = numbers(call.forward(context, {scores, make_ids(target, ids, {N, T})})[0])[0];
      CHECK(loss > one.at("range_published").at(0).get<double>());
      CHECK(loss < one.at("range_published").at(1).get<double>());
    });
  }
}
