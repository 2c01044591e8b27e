// Softmax, cross-entropy and activations against PyTorch: golden/layers.safetensors, whose limits README.md
// beside it gives.
#include <algorithm>

#include "io/safetensors.h"
#include "kernels/softmax.h"
#include "tests/layers/gradient_check.h"
#include "tests/layers/layer_cases.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

const SafetensorsReader& dump() {
  static const SafetensorsReader reader(DLCORE_TEST_GOLDEN "/layers.safetensors");
  return reader;
}

Tensor stored(const Target& target, const std::string& name) {
  const Tensor tensor = dump().read(name);
  return (is_floating(tensor.dtype()) ? tensor.to(target.type) : tensor).to(target.device());
}

double limit_of(DType type) {
  return type == DType::float64 ? 1e-13 : 1e-6;
}

/// Absolute, or relative to max(1, |want|); NaN and infinities where PyTorch has them. In float32 a number
/// beyond its range is infinite.
void check_stored(const Target& target, const std::string& name, const Tensor& got, bool relative = false) {
  const std::vector<double> values = numbers(got);
  const std::vector<double> want = numbers(stored(target, name));
  REQUIRE(values.size() == want.size());
  std::string complaint;
  for (std::size_t i = 0; i < want.size() && complaint.empty(); ++i) {
    const double size = relative ? std::max(1.0, std::abs(want[i])) : 1.0;
    const bool alike = std::isfinite(want[i]) ? std::abs(values[i] - want[i]) <= limit_of(target.type) * size
                       : std::isnan(want[i])  ? std::isnan(values[i])
                                              : values[i] == want[i];
    if (!alike)
      complaint = "element " + std::to_string(i) + " is " + Catch::Detail::stringify(values[i]) + ", not " +
                  Catch::Detail::stringify(want[i]);
  }
  INFO(target.name << ", " << name);
  CHECK(complaint == "");
}

template <class F>
void in_double_and_single(F f) {
  on_every_target_of(DType::float64, f);
  on_every_target_of(DType::float32, f);
}

void check_activation(const Target& target, const std::string& type, const std::string& name,
                      const std::string& kind) {
  const auto layer = make_layer(type, {});
  const Context context{.stream = target.stream, .training = true};
  LayerCall call(*layer);
  const Tensor x = stored(target, "activation." + kind + "x");
  check_stored(target, name + "." + kind + "y", call.forward(context, {x})[0]);
  check_stored(target, name + "." + kind + "dx",
               call.backward(context, {stored(target, "activation." + kind + "dy")})[0]);
}

}  // namespace

TEST_CASE("PyTorch: activations and their gradients, special values too") {
  in_double_and_single([](const Target& target) {
    for (const std::string kind : {"", "special."}) {
      check_activation(target, "Tanh", "tanh", kind);
      check_activation(target, "Sigmoid", "sigmoid", kind);
      check_activation(target, "ReLU", "relu", kind);
    }
  });
}

TEST_CASE("PyTorch: softmax and its gradient, rows of special values too") {
  in_double_and_single([](const Target& target) {
    const Tensor x = stored(target, "rows.x");
    const Tensor y = make_poisoned(target, spec_of(x));
    const std::int64_t rows = x.size(0);
    const std::int64_t cols = x.size(1);
    kernels::softmax_forward(target.stream, x, y, rows, cols);
    check_stored(target, "softmax.y", y);
    const Tensor dx = make_poisoned(target, spec_of(x));
    kernels::softmax_backward(target.stream, y, stored(target, "rows.dy"), dx, rows, cols);
    check_stored(target, "softmax.dx", dx);

    const Tensor special = stored(target, "special_rows.x");
    const Tensor result = make_poisoned(target, spec_of(special));
    kernels::softmax_forward(target.stream, special, result, special.size(0), special.size(1));
    check_stored(target, "softmax.special.y", result);
  });
}

TEST_CASE("PyTorch: cross-entropy by rows, summed, and its gradient") {
  const std::pair<std::string, std::int64_t> variants[] = {{"ignore0", 0}, {"keep", -100}};
  in_double_and_single([&](const Target& target) {
    const Tensor x = stored(target, "rows.x");
    const Tensor words = stored(target, "cross_entropy.target");
    const std::int64_t rows = x.size(0);
    const std::int64_t cols = x.size(1);
    for (const auto& [name, ignore_index] : variants) {
      const std::string prefix = "cross_entropy." + name + ".";
      const Tensor losses = make_poisoned(target, {{rows}, target.type});
      kernels::cross_entropy_forward(target.stream, x, words, losses, static_cast<std::int32_t>(ignore_index),
                                     rows, cols);
      check_stored(target, prefix + "rows", losses, true);
      // One caption of nine words: the sum is divided by 1.
      const auto layer = make_layer("TemporalSoftmaxLoss", {{"ignore_index", ignore_index}});
      const Context context{.stream = target.stream, .training = true};
      LayerCall call(*layer);
      check_stored(target, prefix + "sum",
                   call.forward(context, {x.view({1, rows, cols}), words.view({1, rows})})[0], true);
      check_stored(target, prefix + "dx", call.backward(context, {make(target, {1})})[0]);
    }
  });
}

// The losses of all targets of one row tell its log-sum-exp: loss + score.
TEST_CASE("PyTorch: log-sum-exp") {
  in_double_and_single([](const Target& target) {
    for (const std::string kind : {"rows", "special_rows"}) {
      const Tensor x = stored(target, kind + ".x");
      const std::int64_t rows = x.size(0);
      const Tensor losses = make_poisoned(target, {{rows}, target.type});
      kernels::cross_entropy_forward(target.stream, x,
                                     make_ids(target, std::vector<std::int32_t>(rows, 0), {rows}), losses, -1,
                                     rows, x.size(1));
      std::vector<double> sums = numbers(losses);
      const std::vector<double> scores = numbers(x);
      for (std::size_t r = 0; r < sums.size(); ++r)
        sums[r] += scores[r * static_cast<std::size_t>(x.size(1))];
      // Where the score itself is not finite, infinity minus infinity says nothing.
      const std::string name = kind == "rows" ? "logsumexp.y" : "logsumexp.special.y";
      std::vector<double> want = numbers(stored(target, name));
      for (std::size_t r = 0; r < sums.size(); ++r)
        if (std::isfinite(sums[r]) && std::isfinite(want[r])) {
          INFO(target.name << ", " << name << ", row " << r);
          CHECK(std::abs(sums[r] - want[r]) <= limit_of(target.type) * std::max(1.0, std::abs(want[r])));
        }
    }
  });
}
