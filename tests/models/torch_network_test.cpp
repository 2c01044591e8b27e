// Networks of a list of layers against PyTorch's: golden/networks.safetensors.
#include <algorithm>
#include <cmath>

#include "io/safetensors.h"
#include "models/graph_model.h"
#include "models/optimizer.h"
#include "tests/devices.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

const char* convolutional =
    "[{layer: ConvNorm, out: 6, kernel: 3, padding: 1, relu: true, name: stem}, "
    "{layer: ConvNorm, out: 6, kernel: 3, padding: 1, name: second}, "
    "{layer: SqueezeExcite, squeezed: 2, name: squeezed}, {layer: Add, inputs: [squeezed, stem]}, "
    "{layer: ReLU}, {layer: MaxPool2d, kernel: 2}, {layer: Flatten}, {layer: Linear, out: 5, name: hidden}, "
    "{layer: Tanh}, {layer: Linear, out: 3, name: scores}, {layer: SoftmaxLoss, label_smoothing: 0.1}]";

const char* recurrent =
    "[{layer: LSTM, H: 5, name: cell}, {layer: LastStep}, {layer: Linear, out: 3, name: scores}, "
    "{layer: SoftmaxLoss, label_smoothing: 0.1}]";

void check_stored(const Target& target, const Tensor& got, const Tensor& want) {
  const std::vector<double> values = numbers(got), wanted = numbers(want);
  REQUIRE(values.size() == wanted.size());
  double worst = 0;
  for (std::size_t i = 0; i < values.size(); ++i) worst = std::max(worst, std::abs(values[i] - wanted[i]));
  CHECK(worst <= (target.type == DType::float64 ? 1e-12 : 1e-4));  // golden/README.md
}

void check_network(const std::string& name, const char* layers, const Shape& input) {
  const SafetensorsReader dump(DLCORE_TEST_GOLDEN "/networks.safetensors");
  const auto check = [&](const Target& target) {
    INFO(name);
    const auto stored = [&](const std::string& key) { return dump.read(name + "." + key); };
    GraphModel model(parse_graph(layers), {input, 3}, target.type, target.device());
    for (const auto& [key, parameter] : model.parameters().entries())
      copy(target.stream, stored(key).to(parameter->value.dtype()).to(target.device()), parameter->value);
    const Tensor x = stored("x").to(target.type).to(target.device()),
                 labels = stored("labels").to(target.device());
    const auto optimizer =
        make_optimizer({.name = "adamw", .learning_rate = 0.03, .weight_decay = 0.1}, model.parameters());
    const Context training{.stream = target.stream, .training = true};
    std::vector<double> losses;
    const Tensor want = stored("losses");
    for (std::int64_t step = 0; step < want.numel(); ++step) {
      const Tensor scores = model.forward(training, x);
      if (step == 0) check_stored(target, scores, stored("scores_of_x"));
      losses.push_back(numbers(model.loss(training, scores, labels))[0]);
      model.backward(training);
      optimizer->step(target.stream, 0.03);
    }
    check_stored(target, Tensor::from(losses, {want.numel()}), want);
    CHECK(losses.back() < losses.front());
    model.freeze(target.stream);
    check_stored(target, model.forward({.stream = target.stream}, x), stored("scores_after"));
  };
  on_every_target_of(DType::float64, check);
  on_every_target_of(DType::float32, check);
}

}  // namespace

TEST_CASE("PyTorch: a convolutional network of a list of layers, before, in and after training") {
  check_network("convolutional", convolutional, {8, 6, 2});
}

TEST_CASE("PyTorch: a recurrent network of a list of layers, before, in and after training") {
  check_network("recurrent", recurrent, {7, 3});
}
