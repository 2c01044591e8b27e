// Networks made of a list of layers: sizes that follow, gradients, mistakes, and their file.
#include "models/graph_model.h"

#include "io/safetensors.h"
#include "models/graph_file.h"
#include "tests/layers/gradient_check.h"
#include "tests/temporary_directory.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

const ExampleShapes small_pictures{{6, 5, 2}, 3};

const char* convolutional =
    "[{layer: ConvNorm, out: 4, kernel: 3, padding: 1, name: stem}, {layer: Tanh}, "
    "{layer: Conv2d, out: 4, kernel: 3, padding: 1}, {layer: Add, inputs: [conv2d1, stem]}, {layer: "
    "Sigmoid}, "
    "{layer: AvgPool2d, kernel: 2}, {layer: Flatten}, {layer: Dropout, p: 0.3}, {layer: Linear, out: 3}, "
    "{layer: SoftmaxLoss, label_smoothing: 0.1}]";

std::string refusal(const std::string& yaml, const ExampleShapes& shapes = small_pictures) {
  return error_of([&] { GraphModel(parse_graph(yaml), shapes, DType::float32, Device::cpu()); });
}

Tensor draw(const Target& target, const Shape& shape, std::uint64_t seed) {
  Random random(seed);
  std::vector<double> values(static_cast<std::size_t>(shape.numel()));
  for (double& value : values) value = random.normal();
  return Tensor::from(values, shape).to(target.type).to(target.device());
}

void check_gradients_of(const Target& target, GraphModel& model, const Tensor& inputs,
                        const Tensor& targets) {
  model.initialize(1);
  const Context context{.stream = target.stream, .training = true, .seed = 5};
  const auto loss = [&] { return model.loss(context, model.forward(context, inputs), targets); };
  loss();
  model.parameters().gradients().zero(target.stream);
  model.backward(context);
  std::vector<Variable> variables;
  for (const auto& [name, parameter] : model.parameters().entries())
    if (parameter->trainable) variables.push_back({name, parameter->value, parameter->gradient.clone()});
  REQUIRE(!variables.empty());
  check_gradients(target, variables, [&] { return numbers(loss()); }, {.roundings = 64});
}

}  // namespace

TEST_CASE("graph model: gradients of a convolutional classifier by finite differences") {
  on_every_target_of(DType::float64, [](const Target& target) {
    GraphModel model(parse_graph(convolutional), small_pictures, target.type, target.device());
    check_gradients_of(target, model, draw(target, {5, 6, 5, 2}, 3),
                       Tensor::from(std::vector<std::int32_t>{0, 2, 1, 1, 2}, {5}, target.device()));
  });
}

TEST_CASE("graph model: gradients of a regression by finite differences") {
  on_every_target_of(DType::float64, [](const Target& target) {
    GraphModel model(parse_graph("[{layer: Linear, out: 7}, {layer: Tanh}, {layer: Linear, out: 2}, "
                                 "{layer: SquaredLoss}]"),
                     {{4}, 0, {2}}, target.type, target.device());
    check_gradients_of(target, model, draw(target, {3, 4}, 3), draw(target, {3, 2}, 4));
  });
}

TEST_CASE("graph model: sizes, names and random sites that are left out follow") {
  const GraphModel model(parse_graph(convolutional), small_pictures, DType::float32, Device::cpu());
  CHECK(model.parameters().find("conv2d1.weight").shape == Shape{4, 4, 3, 3});
  CHECK(model.parameters().find("linear1.weight").shape == Shape{4 * 3 * 2, 3});
  CHECK(model.scores_name() == "linear1");
  CHECK(model.scores_shape() == Shape{3});
  // Two dropouts in a row drop different elements: of what passes the first, the second drops some.
  GraphModel twice(parse_graph("[{layer: Dropout, p: 0.5}, {layer: Dropout, p: 0.5}, {layer: SquaredLoss}]"),
                   {{1000}, 0, {1000}}, DType::float32, Device::cpu());
  const Tensor ones = Tensor::from(std::vector<double>(1000, 1), {1, 1000}).to(DType::float32);
  int kept = 0;
  for (const double value : numbers(twice.forward({.stream = {}, .training = true, .seed = 1}, ones)))
    kept += value != 0;
  CHECK(kept > 200);
  CHECK(kept < 300);
}

TEST_CASE("graph model: a network that does not fit is refused with the layer's place") {
  CHECK(lacks(refusal("[{layer: Flatten}]"), {"two layers at least"}) == "");
  CHECK(lacks(refusal("[{layer: Flatten}, {layer: Lineal, out: 3}, {layer: SoftmaxLoss}]"),
              {"line 1", "'lineal1'", "Lineal", "Linear"}) == "");
  CHECK(lacks(refusal("[{layer: Flatten},\n{layer: Linear},\n{layer: SoftmaxLoss}]"),
              {"line 2", "'linear1'", "'out' is missing"}) == "");
  CHECK(lacks(refusal("[{layer: Flatten}, {layer: Linear, out: 3, outs: 4}, {layer: SoftmaxLoss}]"),
              {"'linear1'", "unknown key(s) outs"}) == "");
  CHECK(lacks(refusal("[{layer: Flatten}, {layer: Linear, in: 61, out: 3}, {layer: SoftmaxLoss}]"),
              {"'linear1'", "in=61", "[2, 60]"}) == "");
  CHECK(lacks(refusal("[{layer: Flatten}, {layer: Linear, out: 3, inputs: nothing}, {layer: SoftmaxLoss}]"),
              {"'linear1'", "'nothing'", "flatten1, input"}) == "");
  CHECK(lacks(refusal("[{layer: Flatten, name: a}, {layer: Linear, out: 3, name: a}, {layer: SoftmaxLoss}]"),
              {"'a' is taken"}) == "");
  CHECK(lacks(refusal("[{layer: Flatten, name: a.b}, {layer: Linear, out: 3}, {layer: SoftmaxLoss}]"),
              {"'a.b'", "without a dot"}) == "");
  CHECK(lacks(refusal("[{layer: Flatten}, {layer: Linear, out: 3}]"),
              {"'linear1'", "the last layer", "has parameters"}) == "");
  CHECK(lacks(refusal("[{layer: Flatten}, {layer: Linear, out: 3}, {layer: Add}]"), {"'add1'"}) == "");
  CHECK(lacks(refusal("[{layer: Flatten}, {layer: Linear, out: 2}, {layer: SoftmaxLoss}]"),
              {"3 classes", "'linear1' makes 2"}) == "");
  CHECK(lacks(refusal("[{layer: Flatten}, {layer: Linear, out: 3, name: a}, {layer: Linear, out: 3}, "
                      "{layer: SoftmaxLoss, inputs: [a, target]}]"),
              {"'a'", "'linear2' reads, too"}) == "");
  CHECK(lacks(refusal("[{layer: Flatten}, {layer: Linear, out: 3, name: a}, {layer: Linear, out: 3, inputs: "
                      "flatten1}, {layer: SoftmaxLoss}]"),
              {"nothing reads what 'a' makes"}) == "");
  CHECK(lacks(refusal("[{layer: Flatten}, {layer: Linear, out: 3}, {layer: SoftmaxLoss, inputs: [target, "
                      "linear1]}]"),
              {"'softmaxloss1'", "[SCORES, target]"}) == "");
  CHECK(lacks(refusal("[{layer: Flatten}, {layer: Linear, out: 3}, {layer: SquaredLoss}]"),
              {"'squaredloss1'"}) == "");
  CHECK(lacks(refusal("[{layer: Flatten}, {layer: SoftmaxLoss}, {layer: ReLU}]"), {"'softmaxloss1'"}) == "");
}

TEST_CASE("graph model: a file has all of it, and others are refused") {
  const TemporaryDirectory folder;
  const std::string path = folder.file("model.safetensors");
  on_every_target_of(DType::float32, [&](const Target& target) {
    GraphModel model(parse_graph(convolutional), small_pictures, target.type, target.device());
    model.initialize(1);
    save_graph_model(path, model, {"a", "b", "\"c\""});
    const StoredGraphModel stored = load_graph_model(path, target.device());
    CHECK(stored.class_names == std::vector<std::string>{"a", "b", "\"c\""});
    CHECK(graph_lines(stored.model->config()) == graph_lines(model.config()));
    const Tensor inputs = draw(target, {5, 6, 5, 2}, 3);
    CHECK(same_bits(stored.model->forward({.stream = target.stream}, inputs),
                    model.forward({.stream = target.stream}, inputs)));
  });
  write_safetensors(path, {}, {{"format", "dlcore captioner"}});
  CHECK(lacks(error_of([&] { load_graph_model(path, Device::cpu()); }), {path, "not a dlcore network"}) ==
        "");
  const auto with = [&](const std::string& graph, const std::string& data) {
    write_safetensors(path, {},
                      {{"format", "dlcore network"}, {"version", "1"}, {"graph", graph}, {"data", data}});
    return error_of([&] { load_graph_model(path, Device::cpu()); });
  };
  const std::string data =
      R"({"input": [6, 5, 2], "classes": 3, "target": [], "class_names": [], "type": "float32"})";
  CHECK(lacks(with(convolutional, data), {path, "stem"}) == "");  // no tensors
  CHECK(lacks(with("[{layer: Flatten}, {layer: Linear, out: 1000000}, {layer: SoftmaxLoss}]", data),
              {path, "linear1.weight"}) == "");  // no memory for 60 million numbers first
  CHECK(lacks(with("[{layer: Flatten}, {layer: Linear, out: 1000000000000}, {layer: SoftmaxLoss}]", data),
              {path, "'linear1'", "1000000000000 for 'out'"}) == "");
  CHECK(lacks(with("[{layer: Nothing}, {layer: SoftmaxLoss}]", data), {path, "cannot be made", "Nothing"}) ==
        "");
  CHECK(lacks(with("{", data), {path, "cannot be made"}) == "");
  for (const char* bad :
       {"", "[]", R"({"input": [6, -5, 2], "classes": 3})",
        R"({"input": [6], "classes": -3, "target": [], "class_names": [], "type": "float32"})",
        R"({"input": [6], "classes": 3, "target": [], "class_names": [], "type": "int32"})",
        R"({"input": [6], "classes": 3, "target": [], "class_names": [1], "type": "float32"})"})
    CHECK(lacks(with(convolutional, bad), {path, "cannot be read"}) == "");
}
