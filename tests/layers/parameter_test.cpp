#include "layers/parameter.h"

#include <cmath>

#include "layers/linear.h"
#include "layers/recurrent.h"
#include "layers/standardize.h"
#include "tests/devices.h"
#include "tests/golden_cases.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

struct Model {
  Model(const Target& target, std::uint64_t seed) {
    parameters.add("standardize", standardize.parameters());
    parameters.add("cell", cell.parameters());
    parameters.add("", score.parameters());
    parameters.allocate(target.type, target.device());
    Random random(seed);
    parameters.initialize(random);
  }

  Standardize standardize{3, 1};
  LSTM cell{31, 33};
  Linear score{33, 7};
  ParameterSet parameters;
};

}  // namespace

TEST_CASE("parameters: one flat buffer, aligned, gradients zero") {
  on_every_target([](const Target& target) {
    Model model(target, 1);
    const ParameterSet& set = model.parameters;
    CHECK(set.trainable_count() == 31 * 132 + 33 * 132 + 132 + 33 * 7 + 7);
    CHECK(set.values().numel() == set.gradients().numel());
    CHECK(set.values().numel() >= set.trainable_count());
    check_close(target, set.gradients(),
                std::vector<double>(static_cast<std::size_t>(set.gradients().numel())));
    std::vector<std::string> names;
    std::size_t place = 0;
    for (const auto& [name, parameter] : set.entries()) {
      names.push_back(name);
      if (!parameter->trainable) {
        CHECK_FALSE(parameter->gradient.defined());
        continue;
      }
      const auto offset = [](const Tensor& part, const Tensor& whole) {
        return static_cast<std::size_t>(static_cast<std::byte*>(part.raw()) -
                                        static_cast<std::byte*>(whole.raw()));
      };
      CHECK(offset(parameter->value, set.values()) >= place);
      CHECK(offset(parameter->value, set.values()) == offset(parameter->gradient, set.gradients()));
      CHECK(offset(parameter->value, set.values()) % (64 * size_of(target.type)) == 0);
      place = offset(parameter->value, set.values()) + parameter->value.bytes();
    }
    CHECK(place <= set.values().bytes());
    CHECK(names == std::vector<std::string>{"standardize.mean", "standardize.inverse_deviation", "cell.Wx",
                                            "cell.Wh", "cell.b", "weight", "bias"});
  });
}

TEST_CASE("parameters: initial values, the same for a seed on every target") {
  on_every_target([](const Target& target) {
    Model model(target, 5);
    const auto check_deviation = [&](const std::string& name, double want) {
      const std::vector<double> values = numbers(model.parameters.find(name).value);
      double squares = 0;
      for (const double value : values) squares += value * value;
      const auto count = static_cast<double>(values.size());
      INFO(name);
      CHECK(std::abs(std::sqrt(squares / count) - want) < want * 4 / std::sqrt(2 * count));  // 4 deviations
    };
    check_deviation("cell.Wx", 1 / std::sqrt(31.0));
    check_deviation("cell.Wh", 1 / std::sqrt(33.0));
    check_deviation("weight", 1 / std::sqrt(33.0));
    check_close(target, model.parameters.find("cell.b").value, std::vector<double>(132));
    check_close(target, model.parameters.find("standardize.mean").value, {0, 0, 0});
    check_close(target, model.parameters.find("standardize.inverse_deviation").value, {1, 1, 1});
    // The padding between parameters stays zero: the norm of the whole buffer is that of the parameters.
    double sum = 0, parts = 0;
    for (const double value : numbers(model.parameters.values())) sum += std::abs(value);
    for (const auto& [name, parameter] : model.parameters.entries())
      if (parameter->trainable)
        for (const double value : numbers(parameter->value)) parts += std::abs(value);
    CHECK(rel_error({sum}, {parts}) <=
          tolerance_of(DType::float64) * sum_factor(model.parameters.values().numel()));

    const Model same(target, 5), other(target, 6);
    CHECK(same_bits(same.parameters.values(), model.parameters.values()));
    CHECK_FALSE(same_bits(other.parameters.values(), model.parameters.values()));
    const Target& first = targets().front();
    const Model there(first, 5);
    CHECK(same_bits(there.parameters.values().to(target.type), model.parameters.values()) ==
          (target.type != DType::float64));  // float64 has more digits than the first target, float32
  });
}

TEST_CASE("parameters: taken and unknown names") {
  Linear one(2, 3), two(2, 3);
  ParameterSet set;
  set.add("a", one.parameters());
  CHECK(contains(error_of([&] { set.add("a", two.parameters()); }), "two parameters are named 'a.weight'"));
  CHECK(contains(error_of([&] { set.find("b.weight"); }),
                 "no parameter is named 'b.weight': there are a.weight, a.bias"));
  CHECK(set.find("a.bias").shape == Shape({3}));
}
