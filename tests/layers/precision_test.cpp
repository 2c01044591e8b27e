// float32 and bfloat16, forward and backward, against float64 from the same numbers; and the GPU against the
// CPU.
#include <algorithm>
#include <cmath>

#include "tests/layers/gradient_check.h"
#include "tests/layers/layer_cases.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

struct Results {
  std::vector<std::string> names;
  std::vector<Tensor> tensors;

  void add(const std::string& name, const Tensor& tensor) {
    names.push_back(name);
    tensors.push_back(tensor);
  }
};

constexpr std::uint64_t gradient_seed = 50;

// Output gradients drawn in bfloat16 are the same numbers in every type.
Tensor coarse_gradient(const Target& target, const Tensor& output) {
  return Tensor::from(draw(output.numel(), gradient_seed), output.shape())
      .to(DType::bfloat16)
      .to(output.dtype())
      .to(target.device());
}

Results run(const Target& target, const LayerSetup& setup) {
  Results results;
  LayerCall call(setup.layer());
  std::vector<Tensor> output_gradients;
  for (const auto& output : call.forward(setup.context(), setup.inputs())) {
    results.add("output", output);
    output_gradients.push_back(coarse_gradient(target, output));
  }
  zero_gradients(target, setup.layer());
  const auto input_gradients = call.backward(setup.context(), output_gradients);
  for (std::size_t i = 0; i < input_gradients.size(); ++i)
    if (input_gradients[i].defined())
      results.add("gradient of input " + std::to_string(i), input_gradients[i]);
  for (const auto& variable : variables_of(setup.layer()))
    results.add("gradient of " + variable.name, variable.gradient);
  return results;
}

double largest_of(const std::vector<double>& values) {
  double largest = 0;
  for (const double value : values) largest = std::max(largest, std::abs(value));
  return largest;
}

// An element adds up at most as many products as the first input has elements. In a recurrent layer one
// rounded result goes into the next, and 1 - h^2 of an h near 1 is known to the rounding of h only: there the
// gradient from above counts as magnitude.
void check_against(const Target& reference, const Target& target, const LayerCase& one) {
  const LayerSetup setup(one, target);
  LayerSetup reference_setup(one, reference);
  reference_setup.take_numbers(setup, reference);
  const Results want = run(reference, reference_setup);
  const Results got = run(target, setup);
  REQUIRE(got.names == want.names);
  for (std::size_t i = 0; i < got.names.size(); ++i) {
    INFO(one.name() << ": " << got.names[i]);
    if (one.gates && i > 0 && target.type == DType::bfloat16) break;
    const std::vector<double> values = numbers(want.tensors[i]);
    const bool recurrent = one.roundings > 1;
    const double above = recurrent && i > 0 ? largest_of(draw(want.tensors[0].numel(), gradient_seed)) : 0;
    check_close(target, got.tensors[i], values, std::max(largest_of(values), above),
                sum_factor(setup.inputs()[0].numel()) * std::sqrt(static_cast<double>(one.roundings)));
  }
}

}  // namespace

TEST_CASE("every layer in every type agrees with float64, forward and backward") {
  const Target& reference = some_target(DType::float64);
  on_every_target([&](const Target& target) {
    for (const LayerCase& one : layer_cases()) check_against(reference, target, one);
  });
}

TEST_CASE("every layer on the GPU agrees with the CPU") {
  if (cuda_device_count() == 0) DLCORE_SKIP("no GPU here");
  on_every_target([&](const Target& target) {
    if (target.device().is_cpu()) return;
    for (const LayerCase& one : layer_cases()) check_against(some_target(target.type), target, one);
  });
}

TEST_CASE("dropout drops the same elements on every target") {
  for (const DType type : {DType::float32, DType::float64, DType::bfloat16}) {
    const auto layer = make_layer("Dropout", {{"p", 0.3}, {"site", 2}});
    on_every_target_of(type, [&](const Target& target) {
      const auto run_on = [&](const Target& where) {
        const Context context{.stream = where.stream, .training = true, .seed = 3, .step = 4};
        LayerCall call(*layer);
        return numbers(call.forward(context, {make(where, std::vector<double>(1600, 1), {1600})})[0]);
      };
      CHECK(run_on(target) == run_on(some_target(type)));
    });
  }
}
