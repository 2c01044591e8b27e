// RegNet against torchvision (golden/regnet.safetensors) and the published figures of golden_cases.json.
#include <map>

#include "io/safetensors.h"
#include "tests/golden_cases.h"
#include "tests/layers/gradient_check.h"
#include "tests/models/regnet_fixture.h"

using namespace dlcore;
using namespace dlcore::test;
using nlohmann::json;

namespace {

constexpr double output_limit = 1e-4;    // of float32 against torchvision in float64, relative to the norm
constexpr double gradient_limit = 1e-3;  // the same for every parameter's gradient
// The golden case's weights, all alike, let differences of 1e-16 grow to 1e-7.
constexpr double golden_features_limit = 1e-5;
constexpr double double_limit = 1e-9;      // of both in float64
constexpr double statistics_limit = 1e-5;  // of running statistics after three steps

const SafetensorsReader& dump() {
  static const SafetensorsReader reader(DLCORE_TEST_GOLDEN "/regnet.safetensors");
  return reader;
}

// As relative to the norm: element 0 is the norm itself.
double worst(const std::vector<double>& got, const std::vector<double>& want, std::size_t count) {
  double largest = 0;
  for (std::size_t i = 0; i < got.size(); ++i) largest = std::max(largest, std::abs(got[i] - want[i]));
  return largest * std::sqrt(static_cast<double>(count)) / want[0];
}

struct Architecture {
  std::string name;
  std::int64_t width;  // of the last stage
};
const Architecture architectures[] = {{"regnet_x_400mf", 400}, {"regnet_y_400mf", 440}};

std::vector<double> row(const std::vector<double>& table, std::size_t r, std::size_t width) {
  const auto begin = table.begin() + static_cast<std::ptrdiff_t>(r * width);
  return {begin, begin + static_cast<std::ptrdiff_t>(width)};
}

void check_against_torchvision(const Target& target, const Architecture& one, bool training,
                               std::int64_t size, double limit_of_output, double limit_of_gradients) {
  const std::string label = one.name + (training ? ".train." : ".eval.") + std::to_string(size);
  INFO(label);
  const std::int64_t N = size == 64 ? 8 : 448 / size, side = (size + 31) / 32;
  const Context context{.stream = target.stream, .training = true, .batch_statistics = training};
  const auto want = numbers(dump().read(label + ".output"));
  Trunk trunk(target, one.name);
  const json names = json::parse(dump().metadata("pictures"));
  const Tensor x = trunk.pictures(names.at(label).get<std::string>(), N, size);
  const auto y = trunk.forward(context, x);
  CHECK(trunk.shape == Shape({N, side, side, one.width}));
  CHECK(worst(sampled(label, y, 256), want, y.size()) <= limit_of_output);
  if (!training) {  // with the normalisation folded into the convolutions
    trunk.graph.freeze(target.stream);
    const auto frozen = trunk.forward({.stream = target.stream}, x);
    CHECK(worst(sampled(label, frozen, 256), want, y.size()) <= limit_of_output);
  }
  TrainedTrunk trained(target, one.name, label, trunk.shape);
  trained.step(context, x);
  const auto gradients = numbers(dump().read(label + ".gradients"));
  std::size_t number = 0;
  for (const auto& [entry, parameter] : trained.graph.parameters().entries()) {
    if (!parameter->trainable) continue;
    INFO(entry);
    const auto gradient = numbers(parameter->gradient);
    CHECK(worst(sampled(entry, gradient, 8), row(gradients, number++, 9), 1) <= limit_of_gradients);
  }
}

}  // namespace

TEST_CASE("RegNet: stages, tensors and parameters of the whole family are torchvision's") {
  const json family = json::parse(dump().metadata("family"));
  REQUIRE(family.size() == regnet_names().size());
  for (const std::string& name : regnet_names()) {
    INFO(name);
    const json& want = family.at(name);
    json stages = json::array();
    for (const RegNetStage& stage : regnet_stages(regnet_parameters(name)))
      stages.push_back({stage.width, stage.depth, stage.group_width});
    CHECK(stages == want.at("stages"));
    Graph graph;
    graph.input("pictures");
    add_regnet(graph, regnet_parameters(name), "", "pictures");
    std::int64_t tensors = 0, parameters = 0;
    for (const auto& entry : graph.parameters().entries()) {
      if (!entry.parameter->trainable) continue;
      ++tensors;
      parameters += entry.parameter->shape.numel();
    }
    CHECK(tensors == want.at("tensors"));
    CHECK(parameters == want.at("parameters"));
  }
}

TEST_CASE("RegNet: names and shapes of the parameters are torchvision's") {
  const json shapes = json::parse(dump().metadata("shapes"));
  const json& published = golden_case("encoder_regnet_x_400mf").at("param_order");
  CHECK(shapes.at("regnet_x_400mf") == published);
  for (const auto& [name, width] : architectures) {
    Graph graph;
    graph.input("pictures");
    add_regnet(graph, regnet_parameters(name), "", "pictures");
    json got = json::array();
    for (const auto& [entry, parameter] : graph.parameters().entries()) {
      if (!parameter->trainable) continue;
      json shape = json::array();
      for (int i = 0; i < parameter->shape.rank(); ++i) shape.push_back(parameter->shape[i]);
      got.push_back({entry, shape});
    }
    CHECK(got == shapes.at(name));
  }
}

TEST_CASE("RegNet: outputs and gradients are torchvision's, in training and evaluation") {
  on_every_target_of(DType::float32, [](const Target& target) {
    for (const Architecture& one : architectures)
      for (const bool training : {false, true})
        for (const std::int64_t size : {64, 112, 224})
          check_against_torchvision(target, one, training, size, output_limit, gradient_limit);
  });
}

// In double no gate of a ReLU is near enough to zero for rounding to open or close it.
TEST_CASE("RegNet: outputs and gradients in double are torchvision's to nine digits") {
  on_every_target_of(DType::float64, [](const Target& target) {
    for (const Architecture& one : architectures)
      for (const bool training : {false, true})
        check_against_torchvision(target, one, training, 64, double_limit, double_limit);
  });
}

// golden_cases.json: every parameter linspace(-1.4, 1.3) and pictures linspace(-3, 3), both in float32, the
// pictures then normalised with ImageNet's mean and deviation.
TEST_CASE("RegNet: the features of the golden case") {
  const json& want = golden_case("encoder_regnet_x_400mf").at("linspace_train_112");
  on_every_target_of(DType::float64, [&](const Target& target) {
    Trunk trunk(target, "regnet_x_400mf");
    const auto in_float32 = [](std::vector<double> values) {
      for (auto& value : values) value = static_cast<float>(value);
      return values;
    };
    for (const auto& [entry, parameter] : trunk.graph.parameters().entries()) {
      const Shape& shape = parameter->shape;
      copy(target.stream, make(target, in_float32(linspace(-1.4, 1.3, shape.numel())), shape),
           parameter->value);
    }
    constexpr double mean[] = {0.485, 0.456, 0.406}, deviation[] = {0.229, 0.224, 0.225};
    std::vector<double> pixels = in_float32(linspace(-3, 3, 10 * 3 * 112 * 112));
    for (std::size_t i = 0; i < pixels.size(); ++i) {
      const std::size_t c = i / (112 * 112) % 3;
      pixels[i] = (pixels[i] - mean[c]) / deviation[c];
    }
    const Tensor x = make(target, to_channels_last(pixels, {10, 3, 112, 112}), {10, 112, 112, 3});
    const auto c5 = trunk.forward({.stream = target.stream, .training = true}, x);
    double sum = 0, squares = 0, largest = 0;
    for (const double value : c5) {
      sum += value;
      squares += value * value;
      largest = std::max(largest, std::abs(value));
    }
    CHECK(rel_error({sum}, {want.at("c5").at("sum").get<double>()}) <= golden_features_limit);
    CHECK(rel_error({std::sqrt(squares)}, {want.at("c5").at("l2").get<double>()}) <= golden_features_limit);
    CHECK(rel_error({largest}, {want.at("c5").at("abs_max").get<double>()}) <= golden_features_limit);
    const auto plane = [&](std::size_t picture, std::size_t channel) {
      return row(c5, picture * 400 + channel, 16);
    };
    CHECK(rel_error(plane(0, 399), golden_array(want.at("c5[0,399]")).values) <= golden_features_limit);
    CHECK(rel_error(plane(9, 200), golden_array(want.at("c5[9,200]")).values) <= golden_features_limit);
  });
}

TEST_CASE("RegNet: running statistics after three steps are torchvision's") {
  on_every_target_of(DType::float32, [](const Target& target) {
    for (const auto& [name, width] : architectures) {
      INFO(name);
      const std::int64_t N = 8, size = 64;
      const Context context{.stream = target.stream, .training = true};
      std::map<std::string, std::vector<double>> values;
      for (int step = 0; step < 3; ++step) {
        const std::string number = "step " + std::to_string(step);
        TrainedTrunk trunk(target, name, name + "." + number, {N, 2, 2, width});
        for (const auto& [entry, parameter] : trunk.graph.parameters().entries())
          if (step > 0)
            copy(target.stream, make(target, values.at(entry), parameter->shape), parameter->value);
        trunk.step(context, trunk.pictures(number, N, size));
        for (const auto& [entry, parameter] : trunk.graph.parameters().entries()) {
          values[entry] = numbers(parameter->value);
          if (!parameter->trainable) continue;
          const auto gradient = numbers(parameter->gradient);
          for (std::size_t i = 0; i < gradient.size(); ++i) values[entry][i] -= 1e-4 / 8 * gradient[i];
        }
      }
      const auto want = numbers(dump().read(name + ".statistics"));
      std::size_t number = 0;
      Trunk order(target, name);
      for (const auto& [entry, parameter] : order.graph.parameters().entries()) {
        if (parameter->trainable) continue;
        INFO(entry);
        CHECK(worst(sampled(entry, values.at(entry), 8), row(want, number++, 9), 1) <= statistics_limit);
      }
    }
  });
}

TEST_CASE("RegNet: gradients of a small one by finite differences") {
  on_every_target_of(DType::float64, [](const Target& target) {
    for (const double se_ratio : {0.0, 0.25}) {
      INFO("squeeze ratio " << se_ratio);
      Graph graph;
      graph.input("pictures", true);
      const std::string output = add_regnet(graph, {3, 8, 8, 2, 4, se_ratio}, "encoder.", "pictures").back();
      graph.allocate(target.type, target.device());
      Random random(1);
      graph.parameters().initialize(random);
      const Context context{.stream = target.stream, .training = true};
      const Tensor x = make_normal(target, {3, 33, 35, 3}, 2);
      graph.forward(context, {{"pictures", x}});
      const Tensor weights = make_normal(target, graph.value(output).shape(), 3);
      graph.add("loss", std::make_unique<WeightedSum>(weights), {output});
      const auto terms = [&] {
        graph.forward(context, {{"pictures", x}});
        return numbers(graph.value("loss"));
      };
      graph.parameters().gradients().zero(target.stream);
      terms();
      graph.backward(context, "loss");
      std::vector<Variable> variables{{"pictures", x, graph.input_gradient("pictures").clone()}};
      for (const auto& [entry, parameter] : graph.parameters().entries())
        if (parameter->trainable) variables.push_back({entry, parameter->value, parameter->gradient.clone()});
      check_gradients(target, variables, terms, {.roundings = 16, .all_up_to = 6});
    }
  });
}

// Their names say it: 400 to 32,000 million multiplications for a picture of 224 x 224.
TEST_CASE("RegNet: FLOP of the family") {
  const std::map<std::string, double> millions{{"400mf", 400},  {"800mf", 800}, {"1_6gf", 1600},
                                               {"3_2gf", 3200}, {"8gf", 8000},  {"16gf", 16000},
                                               {"32gf", 32000}};
  for (const std::string& name : regnet_names()) {
    INFO(name);
    const double want = 2e6 * millions.at(name.substr(name.find('_', 7) + 1));
    CHECK(std::abs(regnet_flop(regnet_parameters(name), 224) / want - 1) < 0.1);
  }
}

TEST_CASE("RegNet says which names there are and which parameters cannot be") {
  CHECK(contains(error_of([] { regnet_parameters("resnet"); }),
                 "there is no encoder 'resnet': the encoders are regnet_x_16gf"));
  CHECK(contains(error_of([] {
                   regnet_stages({4, 12, 1, 2, 8});
                 }),
                 "impossible parameters: depth 4, w_0 12"));
}
