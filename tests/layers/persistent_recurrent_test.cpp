// RNN and LSTM with all steps in one kernel (kernels/persistent_recurrent.h) against the same layers step by
// step: what a GPU makes of it. On a CPU the wish changes nothing.
#include <algorithm>
#include <cmath>

#include "kernels/persistent_recurrent.h"
#include "layers/recurrent.h"
#include "tests/layers/gradient_check.h"
#include "tests/layers/layer_cases.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

struct Case {
  std::int64_t H;
  std::vector<std::int64_t> lengths;  // falling
  bool by_row = false;                // words come again: the layer takes rows and their numbers

  std::string name() const {
    return "H = " + std::to_string(H) + ", N = " + std::to_string(lengths.size()) +
           (by_row ? ", by row" : "");
  }
};

// Lengths of N sequences that fall from `most` to `least`.
std::vector<std::int64_t> falling(std::int64_t N, std::int64_t most, std::int64_t least) {
  std::vector<std::int64_t> lengths;
  for (std::int64_t r = 0; r < N; ++r)
    lengths.push_back(most - (most - least) * r / std::max<std::int64_t>(N - 1, 1));
  return lengths;
}

// Sizes that are pieces of 16 bytes, but not of what a block or a warp computes.
std::vector<Case> small_cases() {
  return {{8, {1}},
          {40, {3, 2, 1}, true},
          {72, falling(33, 5, 1)},
          {136, falling(35, 3, 2), true},
          {64, {2, 2, 2, 1, 0, 0}},
          {24, falling(130, 6, 1)},
          {104, falling(261, 4, 4), true}};
}

constexpr std::int64_t D = 31;

struct Recurrent {
  Recurrent(const Target& on, const std::string& type, const Case& one)
      : target(on),
        packing(Packing::from_lengths(one.lengths)),
        layer(make_layer(type, {{"D", D}, {"H", one.H}})),
        parameters(make_parameters(target, *layer)) {
    const std::int64_t tokens = packing.tokens();
    if (one.by_row)
      inputs = {make_normal(target, {7, D}, 1), make_ids(target, draw_ids(tokens, 7, 4), {tokens})};
    else
      inputs = {make_normal(target, {tokens, D}, 1)};
    inputs.push_back(make_normal(target, {packing.batch(), one.H}, 2));
    dh = make_normal(target, {tokens, one.H}, 3);
  }

  std::vector<Tensor> run(bool persistent) const {
    const Context context{
        .stream = target.stream, .training = true, .persistent_rnn = persistent, .packing = &packing};
    LayerCall call(*layer);
    zero_gradients(target, *layer);
    std::vector<Tensor> results{call.forward(context, inputs)[0]};
    for (const Tensor& gradient : call.backward(context, {dh}))
      if (gradient.defined()) results.push_back(gradient);
    for (const Tensor& gradient : copy_gradients(*layer)) results.push_back(gradient);
    return results;
  }

  bool fits() const {
    const auto& recurrent = dynamic_cast<const RecurrentLayer&>(*layer);
    return kernels::persistent_recurrent_fits(
        target.stream, target.type,
        {recurrent.has_cell_state() ? 4 : 1, recurrent.hidden_dim(), packing.sizes()});
  }

  Target target;
  Packing packing;
  std::unique_ptr<Layer> layer;
  ParameterSet parameters;
  std::vector<Tensor> inputs;
  Tensor dh;
};

double largest_of(const std::vector<double>& values) {
  double largest = 0;
  for (const double value : values) largest = std::max(largest, std::abs(value));
  return largest;
}

// As between devices (tests/layers/precision_test.cpp): rounded results go into the next step, and a gradient
// counts with the size of what came from above.
void check_close_to_steps(const Recurrent& recurrent) {
  const std::vector<Tensor> want = recurrent.run(false), got = recurrent.run(true);
  const double roundings = 2 * static_cast<double>(recurrent.packing.steps());
  const double above = largest_of(numbers(recurrent.dh));
  for (std::size_t i = 0; i < want.size(); ++i) {
    INFO("result " << i);
    const std::vector<double> values = numbers(want[i]);
    check_close(recurrent.target, got[i], values, std::max(largest_of(values), i > 0 ? above : 0),
                sum_factor(recurrent.inputs[0].numel() + recurrent.dh.numel()) * std::sqrt(roundings));
  }
  const std::vector<Tensor> again = recurrent.run(true);
  for (std::size_t i = 0; i < want.size(); ++i) CHECK(same_bits(again[i], got[i]));
}

}  // namespace

TEST_CASE("a recurrent layer in one kernel is the layer step by step, on a GPU") {
  if (cuda_device_count() == 0) DLCORE_SKIP("no GPU here");
  std::vector<Case> cases = small_cases();
  cases.push_back({512, falling(250, 16, 9), true});  // the benchmark's
  for (const std::string type : {"RNN", "LSTM"}) DYNAMIC_SECTION(type) {
      on_every_target([&](const Target& target) {
        if (target.device().is_cpu() || target.type == DType::float64) return;
        for (const Case& one : cases) {
          INFO(one.name());
          const Recurrent recurrent(target, type, one);
          if (one.H < 512) CHECK(recurrent.fits());
          check_close_to_steps(recurrent);
        }
      });
    }
}

TEST_CASE("where a recurrent layer in one kernel does not fit, it runs step by step") {
  for (const std::string type : {"RNN", "LSTM"}) DYNAMIC_SECTION(type) {
      on_every_target([&](const Target& target) {
        std::vector<Case> cases{{33, {3, 2}}, {2048, {1}}, {8, {257, 1}}, {8, {0, 0}}};
        if (target.device().is_cpu() || target.type == DType::float64) cases = small_cases();
        for (const Case& one : cases) {
          if (one.H > 512 && type == "LSTM") continue;  // large
          INFO(one.name());
          const Recurrent recurrent(target, type, one);
          CHECK_FALSE(recurrent.fits());
          const std::vector<Tensor> want = recurrent.run(false), got = recurrent.run(true);
          for (std::size_t i = 0; i < want.size(); ++i) CHECK(same_bits(got[i], want[i]));
        }
      });
    }
}
