#include <set>

#include "tests/layers/gradient_check.h"
#include "tests/layers/layer_cases.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

void check_cases_of(const std::string& type) {
  on_every_target_of(DType::float64, [&](const Target& target) {
    for (const LayerCase& one : layer_cases()) {
      if (one.type != type) continue;
      INFO(one.name());
      const LayerSetup setup(one, target);
      check_layer_gradients(target, setup.context(), setup.layer(), setup.inputs(),
                            {.kink_band = one.kink_band});
      check_gradient_rules(target, setup.context(), setup.layer(), setup.inputs());
    }
  });
}

}  // namespace

// A new layer needs a line in layer_cases.cpp.
TEST_CASE("every layer of the table has cases") {
  std::set<std::string> covered;
  for (const LayerCase& one : layer_cases()) covered.insert(one.type);
  for (const std::string& type : layer_types()) {
    INFO(type);
    CHECK(covered.contains(type));
  }
  CHECK(covered.size() == layer_types().size());
}

TEST_CASE("gradients of every layer: finite differences, accumulation, overwriting, skipping") {
  for (const std::string& type : layer_types()) DYNAMIC_SECTION(type) {
      check_cases_of(type);
    }
}

TEST_CASE("float32 and bfloat16 gradients accumulate, overwrite and skip as well") {
  for (const DType type : {DType::float32, DType::bfloat16})
    on_every_target_of(type, [](const Target& target) {
      for (const LayerCase& one : layer_cases()) {
        INFO(one.name());
        const LayerSetup setup(one, target);
        check_gradient_rules(target, setup.context(), setup.layer(), setup.inputs());
      }
    });
}

// Outside of training backward works too, except where the layer says that it does not.
TEST_CASE("gradients without training") {
  on_every_target_of(DType::float64, [](const Target& target) {
    for (const LayerCase& one : layer_cases()) {
      INFO(one.name());
      const LayerSetup setup(one, target);
      Context context = setup.context();
      context.training = false;
      if (one.type == "VocabularyLoss") {
        LayerCall call(setup.layer());
        call.forward(context, setup.inputs());
        CHECK(contains(error_of([&] { call.backward(context, {make_normal(target, {1}, 1)}); }),
                       "layer VocabularyLoss: backward needs a forward with training set"));
      } else {
        check_layer_gradients(target, context, setup.layer(), setup.inputs(),
                              {.kink_band = one.kink_band, .all_up_to = 8});
      }
    }
  });
}

TEST_CASE("the checker finds a wrong gradient, and says where") {
  const Target target = some_target(DType::float64);
  const Tensor x = make(target, {1, 2, 3, 4}, Shape{2, 2});
  const Terms squares = [&] {
    std::vector<double> terms;
    add_terms(terms, x, numbers(x));
    return terms;
  };
  const std::vector<double> right = numeric_gradient(target, x, squares, 1e-6);
  check_close(target, make(target, {2, 4, 6, 8}), right, 0, 1e9);
  CHECK(gradient_complaint(target, {"x", x, make(target, {2, 4, 6, 8}, Shape{2, 2})}, squares).empty());
  const std::string complaint =
      gradient_complaint(target, {"x", x, make(target, {2, 4, 6.001, 8}, Shape{2, 2})}, squares);
  CHECK(contains(complaint, "x[1, 0]: analytic 6.001, numeric 6"));
  CHECK(contains(complaint, "losses 30.0000"));
}
