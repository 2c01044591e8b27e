// SoftmaxLoss, SquaredLoss and BinaryLoss: numbers computed by hand, PyTorch's, and what they refuse.
#include <cmath>

#include "io/safetensors.h"
#include "tests/layers/gradient_check.h"
#include "tests/layers/layer_cases.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

const SafetensorsReader& dump() {
  static const SafetensorsReader reader(DLCORE_TEST_GOLDEN "/losses.safetensors");
  return reader;
}

Tensor stored(const Target& target, const std::string& name) {
  const Tensor tensor = dump().read(name);
  return (is_floating(tensor.dtype()) ? tensor.to(target.type) : tensor).to(target.device());
}

// Of a loss over at most some hundred terms whose largest is `largest`.
void check_stored(const Target& target, const std::string& name, const Tensor& got, double largest = 0) {
  INFO(name);
  check_close(target, got, numbers(dump().read(name)), largest, sum_factor(297));
}

Context training_on(const Target& target) {
  return {.stream = target.stream, .training = true};
}

// Loss and gradients are those of PyTorch where the inputs are the stored ones: in double and in float32.
void check_number_loss(const std::string& type, const std::string& name, double largest) {
  for (const DType element : {DType::float64, DType::float32})
    on_every_target_of(element, [&](const Target& target) {
      const auto layer = make_layer(type, {});
      LayerCall call(*layer);
      const Tensor x = stored(target, name + ".x"), wanted = stored(target, name + ".target");
      check_stored(target, name + ".loss", call.forward(training_on(target), {x, wanted})[0], largest);
      const auto gradients = call.backward(training_on(target), {make(target, {0.75})});
      check_stored(target, name + ".dx", gradients[0], 0.1);
      check_stored(target, name + ".dtarget", gradients[1], 0.1);
    });
}

}  // namespace

TEST_CASE("classes: the loss of scores that are all alike, and of two scores, is what the formula says") {
  on_every_target([](const Target& target) {
    const auto layer = make_layer("SoftmaxLoss", {});
    LayerCall call(*layer);
    const Tensor even = make_zeros(target, {3, 8});
    check_close(target, call.forward(training_on(target), {even, make_ids(target, {0, 5, 7}, {3})})[0],
                {std::log(8.0)}, 0, 4);
    // -log of 3/4, and of 1/4: the mean over both
    const Tensor scores = make(target, {0, 0, 2, 2}, Shape{2, 2});
    check_close(target, call.forward(training_on(target), {scores, make_ids(target, {0, 1}, {2})})[0],
                {std::log(2.0)}, 0, 4);
    const Tensor dx = call.backward(training_on(target), {make(in_arithmetic(target), {2})})[0];
    check_close(target, dx, {-0.5, 0.5, 0.5, -0.5});
  });
}

TEST_CASE("classes: labels are smoothed in training only") {
  on_every_target([](const Target& target) {
    const auto layer = make_layer("SoftmaxLoss", {{"label_smoothing", 0.3}});
    LayerCall call(*layer);
    const Tensor scores = make(target, {4, 0}, Shape{1, 2});
    const Tensor labels = make_ids(target, {0}, {1});
    const double loss = std::log(1 + std::exp(-4.0));
    Context context = training_on(target);
    check_close(target, call.forward(context, {scores, labels})[0], {loss + 0.15 * 4}, 4);
    context.training = false;
    check_close(target, call.forward(context, {scores, labels})[0], {loss}, 4);
  });
}

TEST_CASE("classes: a label that is none gives NaN, never a wrong number") {
  on_every_target([](const Target& target) {
    for (const std::int32_t bad : {-1, -100, 5, 1 << 30, std::numeric_limits<std::int32_t>::min()}) {
      INFO(bad);
      const auto layer = make_layer("SoftmaxLoss", {});
      LayerCall call(*layer);
      const Tensor labels = make_ids(target, {1, bad, 3}, {3});
      const Tensor scores = make_normal(target, {3, 5}, 1);
      CHECK(std::isnan(numbers(call.forward(training_on(target), {scores, labels})[0])[0]));
    }
  });
}

TEST_CASE("squared error: by hand") {
  on_every_target([](const Target& target) {
    const auto layer = make_layer("SquaredLoss", {});
    LayerCall call(*layer);
    const Tensor x = make(target, {1, 2, 3, 4}, Shape{2, 2});
    for (const Target& kind : {target, in_arithmetic(target)}) {
      const Tensor wanted = make(kind, {1, 0, 4, 7}, Shape{2, 2});
      check_close(target, call.forward(training_on(target), {x, wanted})[0], {14 / 4.0});
      const auto gradients = call.backward(training_on(target), {make(in_arithmetic(target), {2})});
      check_close(target, gradients[0], {0, 2, -1, -3});
      check_close(target, gradients[1], {0, -2, 1, 3});
      CHECK(gradients[1].dtype() == kind.type);
    }
  });
}

TEST_CASE("binary cross-entropy: by hand, far out, and NaN for a target that is no probability") {
  on_every_target([](const Target& target) {
    const auto layer = make_layer("BinaryLoss", {});
    LayerCall call(*layer);
    for (const Target& kind : {target, in_arithmetic(target)}) {
      check_close(target,
                  call.forward(training_on(target), {make(target, {0, 0, 1000, -1000}, Shape{2, 2}),
                                                     make(kind, {0.25, 1, 1, 1}, Shape{2, 2})})[0],
                  {(2 * std::log(2.0) + 1000) / 4}, 0, 4);
      const auto gradients = call.backward(training_on(target), {make(in_arithmetic(target), {4})});
      check_close(target, gradients[0], {0.25, -0.5, 0, -1});
      check_close(target, gradients[1], {0, 0, -1000, 1000});
      for (const double bad : {-0.5, 1.5, double(NAN)})
        CHECK(std::isnan(
            numbers(call.forward(training_on(target), {make(target, {1, 2}, Shape{1, 2}),
                                                       make(kind, {1, bad}, Shape{1, 2})})[0])[0]));
    }
  });
}

TEST_CASE("losses without an example are 0") {
  on_every_target([](const Target& target) {
    for (const std::string type : {"SoftmaxLoss", "SquaredLoss", "BinaryLoss"}) {
      const auto layer = make_layer(type, {});
      LayerCall call(*layer);
      const Tensor wanted = type == "SoftmaxLoss" ? make_ids(target, {}, {0}) : make_zeros(target, {0, 3});
      CHECK(numbers(call.forward(training_on(target), {make_zeros(target, {0, 3}), wanted})[0]) ==
            std::vector<double>{0});
    }
  });
}

TEST_CASE("PyTorch: cross-entropy of classes, plain and with smoothed labels") {
  for (const DType element : {DType::float64, DType::float32})
    on_every_target_of(element, [](const Target& target) {
      const Tensor scores = stored(target, "softmax.scores"), labels = stored(target, "softmax.labels");
      for (const auto& [name, smoothing] : {std::pair{"plain", 0.0}, {"smooth", 0.1}}) {
        const auto layer = make_layer("SoftmaxLoss", {{"label_smoothing", smoothing}});
        LayerCall call(*layer);
        const std::string prefix = std::string("softmax.") + name;
        check_stored(target, prefix + ".loss", call.forward(training_on(target), {scores, labels})[0], 1000);
        check_stored(target, prefix + ".dx", call.backward(training_on(target), {make(target, {0.75})})[0],
                     // a score near 1000 is known to the rounding of 1000, in float32 1000 * 2^-24
                     1);
      }
    });
}

TEST_CASE("PyTorch: squared error and its gradients") {
  check_number_loss("SquaredLoss", "squared", 0);
}

TEST_CASE("PyTorch: binary cross-entropy and its gradients, far logits too") {
  check_number_loss("BinaryLoss", "binary", 0);
}

TEST_CASE("losses refuse inputs that do not belong together") {
  const Target target = some_target(DType::float32);
  const auto error = [&](const std::string& type, const Tensor& x, const Tensor& wanted) {
    const auto layer = make_layer(type, {});
    return error_of([&] { LayerCall(*layer).forward(training_on(target), {x, wanted}); });
  };
  const Tensor scores = make_zeros(target, {3, 5});
  CHECK(lacks(error("SoftmaxLoss", scores, make_ids(target, {1, 2}, {2})),
              {"layer SoftmaxLoss", "[N, C]", "[3, 5]", "[2]"}) == "");
  CHECK(lacks(error("SoftmaxLoss", scores, make_zeros(target, {3})), {"int32 labels", "float32 [3]"}) == "");
  CHECK(lacks(error("SoftmaxLoss", make_zeros(target, {3}), make_ids(target, {}, {0})), {"[3]"}) == "");
  for (const std::string type : {"SquaredLoss", "BinaryLoss"}) {
    CHECK(lacks(error(type, scores, make_zeros(target, {5, 3})),
                {"layer " + type, "like the prediction, float32 [3, 5]", "[5, 3]"}) == "");
    CHECK(lacks(error(type, scores, make_ids(target, std::vector<std::int32_t>(15), {3, 5})),
                {"layer " + type, "int32 [3, 5]"}) == "");
  }
  CHECK(lacks(error_of([] {
                make_layer("SoftmaxLoss", {{"label_smoothing", 1.0}});
              }),
              {"SoftmaxLoss", "[0, 1)", "1"}) == "");
  CHECK(lacks(error_of([] {
                make_layer("SquaredLoss", {{"weight", 1.0}});
              }),
              {"SquaredLoss", "weight"}) == "");
}
