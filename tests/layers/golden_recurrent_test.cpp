// RNN and LSTM against the numbers of the courses and of PyTorch (golden/golden_cases.json), in double. The
// golden sequences are (N, T, ...); here they become time-major.
#include "layers/recurrent.h"
#include "tests/golden_cases.h"
#include "tests/layers/gradient_check.h"
#include "tests/layers/layer_cases.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

using State = RecurrentLayer::State;

Tensor make(const Target& target, const nlohmann::json& value) {
  const GoldenArray array = golden_array(value);
  return dlcore::test::make(target, array.values, array.shape);
}

// The layer with the parameters that a case's inputs give.
struct GoldenCell {
  GoldenCell(const Target& target, bool lstm, const nlohmann::json& inputs) {
    const Shape wx = golden_array(inputs.at("Wx")).shape;
    const std::int64_t H = golden_array(inputs.at("Wh")).shape[0];
    if (lstm)
      layer = std::make_unique<LSTM>(wx[0], H);
    else
      layer = std::make_unique<RNN>(wx[0], H);
    parameters = make_parameters(target, *layer);
    for (auto& parameter : layer->parameters())
      copy(target.stream, make(target, inputs.at(parameter.name)), parameter.value);
  }

  std::unique_ptr<RecurrentLayer> layer;
  ParameterSet parameters;
};

void check_published(const nlohmann::json& golden, const std::string& field, const std::vector<double>& got) {
  INFO(golden.at("id") << ", " << field);
  CHECK(rel_error(got, golden_array(golden.at("expected_published").at(field)).values) <=
        golden.at("notebook_rel_error_limit").get<double>());
  CHECK(rel_error(got, golden_array(golden.at("expected_fp64").at(field)).values) <= golden_limit);
}

void check_step(const std::string& id, bool lstm) {
  const nlohmann::json& golden = golden_case(id);
  const nlohmann::json& inputs = golden.at("inputs");
  on_every_target_of(DType::float64, [&](const Target& target) {
    const GoldenCell cell(target, lstm, inputs);
    const Tensor x = make(target, inputs.at("x"));
    const State previous{make(target, inputs.at("prev_h")),
                         lstm ? make(target, inputs.at("prev_c")) : Tensor()};
    const State next = cell.layer->make_state(x.size(0));
    cell.layer->step_forward(target.stream, x, previous, next, cell.layer->make_gates(x.size(0)));
    check_published(golden, "next_h", numbers(next.h));
    if (lstm) check_published(golden, "next_c", numbers(next.c));
  });
}

void check_sequence(const std::string& id, bool lstm, const std::string& output) {
  const nlohmann::json& golden = golden_case(id);
  const nlohmann::json& inputs = golden.at("inputs");
  on_every_target_of(DType::float64, [&](const Target& target) {
    const GoldenCell cell(target, lstm, inputs);
    const GoldenArray x = golden_array(inputs.at("x"));
    const std::int64_t N = x.shape[0];
    const std::int64_t T = x.shape[1];
    const std::int64_t H = cell.layer->hidden_dim();
    const Packing packing = Packing::full(N, T);
    const Context context{.stream = target.stream, .training = true, .packing = &packing};
    LayerCall call(*cell.layer);
    const Tensor h = call.forward(
        context, {dlcore::test::make(target, time_major(x.values, N, T), Shape{N * T, x.shape[2]}),
                  make(target, inputs.at("h0"))})[0];
    check_published(golden, output, batch_major(numbers(h), N, T));

    const auto gradients = call.backward(
        context,
        {dlcore::test::make(target, time_major(linspace(-0.5, 0.6, N * T * H), N, T), Shape{N * T, H})});
    const nlohmann::json& derived = golden.at("backward_derived");
    const auto check_derived = [&](const std::string& field, const std::vector<double>& got) {
      INFO(field);
      CHECK(rel_error(got, golden_array(derived.at(field)).values) <= golden_limit);
    };
    check_derived("dx", batch_major(numbers(gradients[0]), N, T));
    check_derived("dh0", numbers(gradients[1]));
    for (const auto& parameter : cell.layer->parameters())
      check_derived("d" + parameter.name, numbers(parameter.gradient));
  });
}

void check_numeric(const Target& target, const std::vector<Variable>& variables, const Terms& terms,
                   double step, double limit) {
  for (const auto& variable : variables) {
    INFO(target.name << ", " << variable.name);
    CHECK(rel_error(numbers(variable.gradient), numeric_gradient(target, variable.value, terms, step)) <=
          limit);
  }
}

void check_numeric_step(const nlohmann::json& sizes, bool lstm, double step, double limit) {
  const std::int64_t N = sizes.at("N"), D = sizes.at("D"), H = sizes.at("H");
  on_every_target_of(DType::float64, [&](const Target& target) {
    const auto layer = make_layer(lstm ? "LSTM" : "RNN", {{"D", D}, {"H", H}});
    const auto& cell = dynamic_cast<const RecurrentLayer&>(*layer);
    const ParameterSet parameters = make_parameters(target, *layer);
    const auto normal = [&](std::uint64_t seed) { return make_normal(target, {N, H}, seed); };
    const Tensor x = make_normal(target, {N, D}, 1);
    const State previous{normal(2), lstm ? normal(3) : Tensor()};
    const State next_gradient{normal(4), lstm ? normal(5) : Tensor()};
    const State next = cell.make_state(N);
    const State previous_gradient = cell.make_state(N);
    const Tensor gates = cell.make_gates(N);
    const Tensor dx = make_zeros(target, {N, D});
    const Terms terms = [&] {
      cell.step_forward(target.stream, x, previous, next, gates);
      std::vector<double> sum;
      add_terms(sum, next.h, numbers(next_gradient.h));
      if (lstm) add_terms(sum, next.c, numbers(next_gradient.c));
      return sum;
    };
    terms();
    cell.step_backward(target.stream, x, previous, next, gates, next_gradient, dx, previous_gradient);
    std::vector<Variable> variables = variables_of(*layer);
    variables.push_back({"x", x, dx});
    variables.push_back({"h", previous.h, previous_gradient.h});
    if (lstm) variables.push_back({"c", previous.c, previous_gradient.c});
    check_numeric(target, variables, terms, step, limit);
  });
}

void check_numeric_sequence(const nlohmann::json& sizes, bool lstm, double step, double limit) {
  const std::int64_t N = sizes.at("N"), D = sizes.at("D"), T = sizes.at("T"), H = sizes.at("H");
  on_every_target_of(DType::float64, [&](const Target& target) {
    const auto layer = make_layer(lstm ? "LSTM" : "RNN", {{"D", D}, {"H", H}});
    const ParameterSet parameters = make_parameters(target, *layer);
    const Packing packing = Packing::full(N, T);
    const Context context{.stream = target.stream, .training = true, .packing = &packing};
    const Tensor x = make_normal(target, {N * T, D}, 1);
    const Tensor h0 = make_normal(target, {N, H}, 2);
    const Tensor dh = make_normal(target, {N * T, H}, 3);
    LayerCall call(*layer);
    const Terms terms = [&] {
      std::vector<double> sum;
      add_terms(sum, call.forward(context, {x, h0})[0], numbers(dh));
      return sum;
    };
    terms();
    const auto gradients = call.backward(context, {dh});
    std::vector<Variable> variables = variables_of(*layer);
    variables.push_back({"x", x, gradients[0]});
    variables.push_back({"h0", h0, gradients[1]});
    check_numeric(target, variables, terms, step, limit);
  });
}

}  // namespace

TEST_CASE("golden: RNN step") {
  check_step("rnn_step_forward", false);
}

TEST_CASE("golden: LSTM step") {
  check_step("lstm_step_forward", true);
}

TEST_CASE("golden: RNN sequence, forward and backward") {
  check_sequence("rnn_forward", false, "h");
}

TEST_CASE("golden: LSTM sequence, forward and backward") {
  check_sequence("lstm_forward", true, "hn");
}

TEST_CASE("golden: numeric gradients of an RNN step") {
  const nlohmann::json& golden = golden_case("rnn_step_backward");
  check_numeric_step(golden.at("shapes"), false, golden.at("h"), golden.at("notebook_rel_error_limit"));
}

TEST_CASE("golden: numeric gradients of an RNN sequence") {
  const nlohmann::json& golden = golden_case("rnn_backward");
  check_numeric_sequence(golden.at("shapes"), false, golden.at("h"), golden.at("notebook_rel_error_limit"));
}

// The limits stand in the case's note only, 1e-6 for the step and 1e-7 for the sequence; h is CS231n's.
TEST_CASE("golden: numeric gradients of the LSTM") {
  for (const auto& sizes : golden_case("lstm_backward_cs231n").at("shapes")) DYNAMIC_SECTION(sizes.dump()) {
      if (sizes.at("step"))
        check_numeric_step(sizes, true, 1e-5, 1e-6);
      else
        check_numeric_sequence(sizes, true, 1e-5, 1e-7);
    }
}
