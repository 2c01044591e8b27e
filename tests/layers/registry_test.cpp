// Layers from names and attributes, and what they say about wrong ones.
#include "layers/registry.h"

#include <algorithm>
#include <limits>

#include "layers/linear.h"
#include "tests/layers/gradient_check.h"
#include "tests/layers/layer_cases.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

void check_refused(const std::string& part, const std::string& type, const Attributes& attributes) {
  const std::string message = error_of([&] { make_layer(type, attributes); });
  INFO("message: " << message);
  CHECK(contains(message, part));
}

void check_plan_refused(const std::string& part, const std::string& type, const Attributes& attributes,
                        const std::vector<Spec>& inputs) {
  const auto layer = make_layer(type, attributes);
  const ParameterSet parameters = make_parameters(some_target(DType::float32), *layer);
  const std::string message = error_of([&] { layer->plan(Context{}, inputs); });
  INFO("message: " << message);
  CHECK(contains(message, part));
}

}  // namespace

TEST_CASE("registry: a layer knows the name that made it") {
  for (const LayerCase& one : layer_cases()) CHECK(make_layer(one.type, one.attributes)->type() == one.type);
  const std::vector<std::string> types = layer_types();
  CHECK(std::is_sorted(types.begin(), types.end()));
}

TEST_CASE("registry: an unknown type lists the known ones") {
  const std::string message = error_of([] { make_layer("Liner", {}); });
  CHECK(contains(message, "there is no layer 'Liner': the layers are "));
  for (const std::string& type : layer_types()) CHECK(contains(message, type));
  check_refused("there is no layer 'lstm'", "lstm", {});
  check_refused("there is no layer ''", "", {});
}

TEST_CASE("registry: missing, mistyped and unknown attributes") {
  check_refused("layer Linear: the key 'in' is missing", "Linear", {{"out", 3}});
  check_refused("layer Linear: the key 'out' is missing", "Linear", {{"in", 3}});
  check_refused("layer LSTM: the key 'H' is missing", "LSTM", {{"D", 3}});
  check_refused("layer Dropout: the key 'p' is missing", "Dropout", {});
  check_refused("layer Linear: the key 'in' must be an integer", "Linear", {{"in", 2.0}, {"out", 3}});
  check_refused("layer Linear: the key 'in' must be an integer", "Linear", {{"in", "2"}, {"out", 3}});
  check_refused("layer RNN: the key 'D' must be an integer", "RNN", {{"D", true}, {"H", 3}});
  check_refused("layer Dropout: the key 'p' must be a number", "Dropout", {{"p", "half"}});
  check_refused("layer TemporalSoftmaxLoss: the key 'ignore_index' must be an integer", "TemporalSoftmaxLoss",
                {{"ignore_index", 0.5}});
  check_refused("layer Linear: unknown key(s) bias, width; it has in, out", "Linear",
                {{"in", 2}, {"out", 3}, {"width", 1}, {"bias", true}});
  check_refused("layer ReLU: unknown key(s) slope; it has none", "ReLU", {{"slope", 0.1}});
  check_refused("layer VocabularyLoss: unknown key(s) chunks; it has H, V, chunk, ignore_index",
                "VocabularyLoss", {{"H", 2}, {"V", 3}, {"chunks", 1}});
}

TEST_CASE("registry: an attribute may be left out where it has a default, and an integer is a number") {
  CHECK_NOTHROW(make_layer("Dropout", {{"p", 0}}));
  CHECK_NOTHROW(make_layer("TemporalSoftmaxLoss", {}));
  CHECK_NOTHROW(make_layer("Standardize", {{"channels", 3}}));
  CHECK_NOTHROW(make_layer("VocabularyLoss", {{"H", 2}, {"V", 3}}));
  Attributes attributes{{"in", 2}};
  attributes.set("out", std::int64_t{5});
  CHECK(make_layer("Linear", attributes)->parameters()[0].shape == Shape({2, 5}));
}

TEST_CASE("registry: sizes that are zero or negative") {
  for (const int bad : {0, -1}) {
    check_refused("layer Linear: sizes must be positive", "Linear", {{"in", bad}, {"out", 3}});
    check_refused("layer Linear: sizes must be positive", "Linear", {{"in", 3}, {"out", bad}});
    check_refused("layer Embedding: sizes must be positive", "Embedding", {{"V", bad}, {"D", 3}});
    check_refused("layer Embedding: sizes must be positive", "Embedding", {{"V", 3}, {"D", bad}});
    check_refused("layer RNN: sizes must be positive", "RNN", {{"D", bad}, {"H", 3}});
    check_refused("layer LSTM: sizes must be positive", "LSTM", {{"D", 3}, {"H", bad}});
    check_refused("layer Standardize: sizes must be positive", "Standardize", {{"channels", bad}});
    check_refused("layer Standardize: sizes must be positive", "Standardize",
                  {{"channels", 3}, {"spatial", bad}});
    check_refused("layer VocabularyLoss: sizes must be positive", "VocabularyLoss", {{"H", bad}, {"V", 3}});
    check_refused("layer VocabularyLoss: sizes must be positive", "VocabularyLoss", {{"H", 3}, {"V", bad}});
  }
  check_refused("layer VocabularyLoss: sizes must be positive, not H=3, V=3, chunk=-1", "VocabularyLoss",
                {{"H", 3}, {"V", 3}, {"chunk", -1}});
  for (const double bad : {1.0, 1.5, -0.1, std::numeric_limits<double>::quiet_NaN()})
    check_refused("layer Dropout: p must be in [0, 1)", "Dropout", {{"p", bad}});
}

TEST_CASE("a layer says what it expects and what came") {
  const DType f = DType::float32;
  const DType ids = DType::int32;
  check_plan_refused("layer Linear: expected input [..., in=3], not [2, 4]", "Linear",
                     {{"in", 3}, {"out", 2}}, {{{2, 4}, f}});
  check_plan_refused("layer Linear: expected 1 input(s), not 2", "Linear", {{"in", 3}, {"out", 2}},
                     {{{2, 3}, f}, {{2, 3}, f}});
  check_plan_refused("layer Embedding: expected int32 ids, not int64 [2]", "Embedding", {{"V", 3}, {"D", 2}},
                     {{{2}, DType::int64}});
  check_plan_refused("layer LSTM: works on packed sequences, but the context has no packing", "LSTM",
                     {{"D", 3}, {"H", 2}}, {{{2, 3}, f}, {{2, 2}, f}});
  check_plan_refused("layer Standardize: expected input [N, channels x spatial = 6], not [2, 3]",
                     "Standardize", {{"channels", 3}, {"spatial", 2}}, {{{2, 3}, f}});
  check_plan_refused("layer TemporalSoftmaxLoss: expected scores [N, T, V] or [tokens, V] and int32 targets",
                     "TemporalSoftmaxLoss", {}, {{{2, 3, 4}, f}, {{3, 2}, ids}});
  check_plan_refused("not [2, 4] and float32 [2]", "TemporalSoftmaxLoss", {}, {{{2, 4}, f}, {{2}, f}});
  check_plan_refused("layer VocabularyLoss: expected h [N, T, H=3] or [tokens, H=3]", "VocabularyLoss",
                     {{"H", 3}, {"V", 5}}, {{{2, 4}, f}, {{2}, ids}});
}

TEST_CASE("the tensors of a call are checked against the plan") {
  const Target& target = some_target(DType::float32);
  Linear layer(3, 2);
  const ParameterSet parameters = make_parameters(target, layer);
  const Context context{.stream = target.stream, .training = true};
  const std::vector<Tensor> x{make_zeros(target, {4, 3})}, y{make_zeros(target, {4, 2})}, none;
  const auto check_says = [](const std::string& part, const std::string& message) {
    INFO("message: " << message);
    CHECK(contains(message, part));
  };
  check_says("layer Linear: expected 1 output tensor(s), not 0",
             error_of([&] { layer.forward(context, x, none, none, none); }));
  check_says("layer Linear: output 0 should be float32 [4, 2] on cpu, not float32 [4, 3] on cpu",
             error_of([&] { layer.forward(context, x, x, none, none); }));
  check_says("layer Linear: output 0 should be float32 [4, 2] on cpu, not ",
             error_of([&] { layer.forward(context, x, std::vector<Tensor>(1), none, none); }));
  check_says("layer Linear: input gradient 0 should be float32 [4, 3] on cpu, not float32 [4, 2] on cpu",
             error_of([&] { layer.backward(context, x, y, y, y, none, none); }));
  check_says("layer Linear: expected 0 cache tensor(s), not 1",
             error_of([&] { layer.forward(context, x, y, y, none); }));
  // Input of another element type than the parameters.
  const Target& wide = some_target(DType::float64);
  CHECK_FALSE(error_of([&] {
                LayerCall call(layer);
                call.forward(context, {make_zeros(wide, {4, 3})});
              }).empty());
}
