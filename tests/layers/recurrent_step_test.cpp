// Single steps of RNN and LSTM: their gradients, and that a packed sequence is these steps one by one.
#include "kernels/elementwise.h"
#include "layers/recurrent.h"
#include "tests/layers/gradient_check.h"
#include "tests/layers/layer_cases.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

using State = RecurrentLayer::State;

struct Extents {
  std::int64_t n, D, H;
};
constexpr Extents extents[] = {{4, 5, 6}, {1, 1, 1}, {3, 31, 33}, {2, 1, 257}, {0, 3, 4}};

// A cell with random parameters.
struct Cell {
  Cell(const Target& target, const std::string& type, std::int64_t D, std::int64_t H)
      : owner(make_layer(type, {{"D", D}, {"H", H}})),
        layer(dynamic_cast<const RecurrentLayer&>(*owner)),
        parameters(make_parameters(target, *owner)) {}

  State normal_state(const Target& target, std::int64_t n, std::uint64_t seed) const {
    const Shape shape{n, layer.hidden_dim()};
    return {make_normal(target, shape, seed),
            layer.has_cell_state() ? make_normal(target, shape, seed + 1) : Tensor()};
  }
  State poisoned_state(const Target& target, std::int64_t n) const {
    const Spec spec{{n, layer.hidden_dim()}, target.type};
    return {make_poisoned(target, spec), layer.has_cell_state() ? make_poisoned(target, spec) : Tensor()};
  }

  std::unique_ptr<Layer> owner;
  const RecurrentLayer& layer;
  ParameterSet parameters;
};

// One step with every result full of NaN beforehand, by finite differences. The gradient may come through
// next.h, next.c or both; previous.c may be absent, which counts as zero.
void check_step(const Target& target, const Cell& cell, std::int64_t n, bool through_h, bool through_c,
                bool has_previous_c) {
  const RecurrentLayer& layer = cell.layer;
  const Tensor x = make_normal(target, {n, layer.input_dim()}, 1);
  State previous = cell.normal_state(target, n, 2);
  State upstream = cell.normal_state(target, n, 4);
  if (!has_previous_c) previous.c = Tensor();
  if (!through_h) upstream.h = Tensor();
  if (!through_c) upstream.c = Tensor();
  const State next = cell.poisoned_state(target, n);
  const Tensor gates = make_poisoned(target, spec_of(layer.make_gates(n)));
  const Terms terms = [&] {
    layer.step_forward(target.stream, x, previous, next, gates);
    std::vector<double> sum;
    if (through_h) add_terms(sum, next.h, numbers(upstream.h));
    if (through_c) add_terms(sum, next.c, numbers(upstream.c));
    return sum;
  };
  terms();
  zero_gradients(target, layer);
  const Tensor dx = make_poisoned(target, spec_of(x));
  const State gradient = cell.poisoned_state(target, n);
  layer.step_backward(target.stream, x, previous, next, gates, upstream, dx, gradient);

  std::vector<Variable> variables = variables_of(layer);
  variables.push_back({"x", x, dx});
  variables.push_back({"previous.h", previous.h, gradient.h});
  if (previous.c.defined()) variables.push_back({"previous.c", previous.c, gradient.c});
  check_gradients(target, variables, terms, {.all_up_to = 30});

  // A second backward doubles the parameters' gradients and overwrites the others; dx may be left out.
  const std::vector<Tensor> once = copy_gradients(layer);
  terms();
  const State again = cell.poisoned_state(target, n);
  layer.step_backward(target.stream, x, previous, next, gates, upstream, Tensor(), again);
  CHECK(same_bits(again.h, gradient.h));
  if (again.c.defined()) CHECK(same_bits(again.c, gradient.c));
  for (std::size_t i = 0; i < once.size(); ++i) {
    std::vector<double> want = numbers(once[i]);
    for (double& value : want) value *= 2;
    check_alike(target, layer.parameters()[i].name + " twice", layer.parameters()[i].gradient, want, n);
  }
}

// What a sequence gives, run in either way.
struct SequenceResult {
  Tensor h, dx, dh0;
  std::vector<Tensor> parameters;
};

SequenceResult run_packed(const Target& target, const RecurrentLayer& layer, const Packing& packing,
                          const Tensor& x, const Tensor& h0, const Tensor& dh) {
  const Context context{.stream = target.stream, .training = true, .packing = &packing};
  LayerCall call(layer);
  zero_gradients(target, layer);
  const Tensor h = call.forward(context, {x, h0})[0];
  const auto gradients = call.backward(context, {dh});
  return {h, gradients[0], gradients[1], copy_gradients(layer)};
}

// The first n rows: those of the sequences that have a next step.
State rows_of(const State& state, std::int64_t n) {
  return {state.h.rows(0, n), state.c.defined() ? state.c.rows(0, n) : Tensor()};
}

SequenceResult run_steps(const Target& target, const RecurrentLayer& layer, const Packing& packing,
                         const Tensor& x, const Tensor& h0, const Tensor& dh) {
  const std::int64_t H = layer.hidden_dim();
  const auto step_of = [&](const Tensor& tensor, std::int64_t t) {
    return tensor.rows(packing.offset(t), packing.offset(t) + packing.size(t));
  };
  SequenceResult result{
      make_zeros(target, dh.shape()), make_zeros(target, x.shape()), make_zeros(target, h0.shape()), {}};
  std::vector<State> previous, next;
  std::vector<Tensor> gates;
  State state{h0, layer.has_cell_state() ? make_zeros(target, h0.shape()) : Tensor()};
  for (std::int64_t t = 0; t < packing.steps(); ++t) {
    const std::int64_t n = packing.size(t);
    previous.push_back(rows_of(state, n));
    next.push_back(layer.make_state(n));
    gates.push_back(layer.make_gates(n));
    layer.step_forward(target.stream, step_of(x, t), previous.back(), next.back(), gates.back());
    copy(target.stream, next.back().h, step_of(result.h, t));
    state = next.back();
  }
  zero_gradients(target, layer);
  State later{make_zeros(target, {0, H}), make_zeros(target, {0, H})};  // gradient from the following step
  for (std::int64_t t = packing.steps() - 1; t >= 0; --t) {
    const auto k = static_cast<std::size_t>(t);
    const std::int64_t n = packing.size(t);
    State upstream{step_of(dh, t).clone(), Tensor()};
    kernels::add(target.stream, upstream.h.rows(0, later.h.size(0)), later.h,
                 upstream.h.rows(0, later.h.size(0)), later.h.numel());
    if (layer.has_cell_state()) {
      upstream.c = make_zeros(target, {n, H});
      copy(target.stream, later.c, upstream.c.rows(0, later.c.size(0)));
    }
    const State gradient = layer.make_state(n);
    layer.step_backward(target.stream, step_of(x, t), previous[k], next[k], gates[k], upstream,
                        step_of(result.dx, t), gradient);
    later = gradient;
  }
  copy(target.stream, later.h, result.dh0.rows(0, later.h.size(0)));
  result.parameters = copy_gradients(layer);
  return result;
}

}  // namespace

TEST_CASE("gradients of an RNN step") {
  on_every_target_of(DType::float64, [](const Target& target) {
    for (const auto& [n, D, H] : extents) {
      INFO("n = " << n << ", D = " << D << ", H = " << H);
      check_step(target, Cell(target, "RNN", D, H), n, true, false, false);
    }
  });
}

TEST_CASE("gradients of an LSTM step, through h, through c, through both") {
  on_every_target_of(DType::float64, [](const Target& target) {
    for (const auto& [n, D, H] : extents)
      for (const bool through_h : {true, false})
        for (const bool through_c : {true, false})
          for (const bool has_previous_c : {true, false}) {
            INFO("n = " << n << ", D = " << D << ", H = " << H << ", through h: " << through_h
                        << ", through c: " << through_c << ", previous.c: " << has_previous_c);
            check_step(target, Cell(target, "LSTM", D, H), n, through_h, through_c, has_previous_c);
          }
  });
}

TEST_CASE("a packed sequence is its steps one by one, forward and backward") {
  const std::vector<std::vector<std::int64_t>> batches{
      {6, 5, 4, 3, 2, 1}, {5, 5, 3, 1, 0, 0}, {7}, {1, 1, 1}, {3, 3, 3}};
  for (const std::string type : {"RNN", "LSTM"}) DYNAMIC_SECTION(type) {
      on_every_target([&](const Target& target) {
        if (target.type == DType::bfloat16) return;  // a packed sequence rounds its sums less often
        for (const auto& lengths : batches) {
          const Cell cell(target, type, 31, 33);
          const Packing packing = Packing::from_lengths(lengths);
          const Tensor x = make_normal(target, {packing.tokens(), 31}, 1);
          const Tensor h0 = make_normal(target, {packing.batch(), 33}, 2);
          const Tensor dh = make_normal(target, {packing.tokens(), 33}, 3);
          const SequenceResult want = run_steps(target, cell.layer, packing, x, h0, dh);
          const SequenceResult got = run_packed(target, cell.layer, packing, x, h0, dh);
          const std::int64_t operations = packing.tokens() * (31 + 33);
          check_alike(target, "h", got.h, numbers(want.h), operations);
          check_alike(target, "dx", got.dx, numbers(want.dx), operations);
          check_alike(target, "dh0", got.dh0, numbers(want.dh0), operations);
          for (std::size_t i = 0; i < want.parameters.size(); ++i)
            check_alike(target, cell.layer.parameters()[i].name, got.parameters[i],
                        numbers(want.parameters[i]), operations);
        }
      });
    }
}

TEST_CASE("a recurrent layer that takes rows and their numbers is one that takes the rows of every token") {
  for (const std::string type : {"RNN", "LSTM"}) DYNAMIC_SECTION(type) {
      on_every_target([&](const Target& target) {
        if (target.type == DType::bfloat16) return;  // the gradients of a row's tokens are rounded apart
        const Cell cell(target, type, 31, 33);
        const std::vector<std::int64_t> lengths{5, 4, 2, 2, 0};
        const Packing packing = Packing::from_lengths(lengths);
        const Context context{.stream = target.stream, .training = true, .packing = &packing};
        const std::int64_t tokens = packing.tokens();
        const std::vector<std::int32_t> row = draw_ids(tokens, 6, 4);
        const std::vector<double> x = draw(6 * 31, 1);
        std::vector<double> x_of_token;
        for (const std::int32_t r : row) x_of_token.insert(x_of_token.end(), &x[31 * r], &x[31 * r] + 31);
        const Tensor h0 = make_normal(target, {packing.batch(), 33}, 2);
        const Tensor dh = make_normal(target, {tokens, 33}, 3);
        const SequenceResult want =
            run_packed(target, cell.layer, packing, make(target, x_of_token, {tokens, 31}), h0, dh);
        std::vector<double> dx(x.size());
        const std::vector<double> dx_of_token = numbers(want.dx);
        for (std::size_t k = 0; k < row.size(); ++k)
          for (std::size_t d = 0; d < 31; ++d)
            dx[static_cast<std::size_t>(row[k]) * 31 + d] += dx_of_token[k * 31 + d];

        LayerCall call(cell.layer);
        zero_gradients(target, cell.layer);
        const std::int64_t operations = tokens * (31 + 33);
        const Tensor h =
            call.forward(context, {make(target, x, {6, 31}), make_ids(target, row, {tokens}), h0})[0];
        check_alike(target, "h", h, numbers(want.h), operations);
        const auto gradients = call.backward(context, {dh});
        check_alike(target, "dx", gradients[0], dx, operations);
        check_alike(target, "dh0", gradients[2], numbers(want.dh0), operations);
        for (std::size_t i = 0; i < want.parameters.size(); ++i)
          check_alike(target, cell.layer.parameters()[i].name, cell.layer.parameters()[i].gradient,
                      numbers(want.parameters[i]), operations);
      });
    }
}
