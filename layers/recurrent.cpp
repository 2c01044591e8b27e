#include "layers/recurrent.h"

#include <cmath>

#include "core/format.h"
#include "kernels/dropout.h"
#include "kernels/elementwise.h"
#include "kernels/embedding.h"
#include "kernels/gemm.h"
#include "kernels/persistent_recurrent.h"
#include "kernels/recurrent_cell.h"
#include "kernels/reduce.h"

namespace dlcore {

using kernels::Op;

RecurrentLayer::RecurrentLayer(std::string type, std::int64_t D, std::int64_t H, std::int64_t gates,
                               const StateDropout& dropout)
    : Layer(std::move(type)), D_(D), H_(H), gates_(gates), dropout_(dropout) {
  require(dropout.p >= 0 && dropout.p < 1, "layer {}: state dropout must be in [0, 1), not {}", this->type(),
          dropout.p);
  require(D > 0 && H > 0, "layer {}: sizes must be positive, not D={} and H={}", this->type(), D, H);
  parameters_.push_back(
      {.name = "Wx", .shape = {D, gates * H}, .initial_deviation = 1 / std::sqrt(static_cast<double>(D))});
  parameters_.push_back(
      {.name = "Wh", .shape = {H, gates * H}, .initial_deviation = 1 / std::sqrt(static_cast<double>(H))});
  parameters_.push_back({.name = "b", .shape = {gates * H}});
}

Plan RecurrentLayer::plan(const Context& context, std::span<const Spec> inputs) const {
  if (inputs.size() == 1 && inputs[0].shape.rank() == 3) return plan_sequences(context, inputs[0]);
  return plan_packed(context, inputs);
}

void RecurrentLayer::do_forward(const ForwardPass& pass) const {
  pass.inputs.size() == 1 ? forward_sequences(pass) : forward_packed(pass);
}

void RecurrentLayer::do_backward(const BackwardPass& pass) const {
  pass.inputs.size() == 1 ? backward_sequences(pass) : backward_packed(pass);
}

Plan RecurrentLayer::plan_packed(const Context& context, std::span<const Spec> inputs) const {
  const bool by_row = inputs.size() == 3;
  if (!by_row) expect_inputs(inputs, 2);
  const Packing& packing = expect_packing(context);
  const Shape& x = inputs[0].shape;
  const Shape& h0 = inputs.back().shape;
  const Shape tokens{packing.tokens()};
  if (by_row)
    require(x.rank() == 2 && x[1] == D_ && inputs[1].shape == tokens && inputs[1].type == DType::int32,
            "layer {}: expected x [U, D={}] and int32 rows [tokens={}], not {} and {} {}", type(), D_,
            tokens[0], x, inputs[1].type, inputs[1].shape);
  require((by_row || x == Shape({tokens[0], D_})) && h0 == Shape({packing.batch(), H_}),
          "layer {}: expected x [tokens={}, D={}] and h0 [N={}, H={}], not {} and {}", type(), tokens[0], D_,
          packing.batch(), H_, x, h0);
  const DType element = inputs[0].type;
  const Spec hidden{{tokens[0], H_}, element};
  const Spec gates{{tokens[0], gates_ * H_}, element};
  const Spec state{h0, element};
  Plan plan{.outputs = {hidden}, .backward_reads_outputs = true};
  if (has_cell_state()) {
    plan.cache = {gates, hidden};                      // activated gates, c
    plan.backward_workspace = {state, state, hidden};  // dh of the next step, dc, previous h of every token
  } else {
    plan.backward_workspace = {state, gates, hidden};  // dh of the next step, da, previous h of every token
  }
  if (by_row) {
    const Spec projected{{x[0], gates_ * H_}, element};
    plan.forward_workspace = {projected};
    plan.backward_workspace.insert(plan.backward_workspace.end(),
                                   {projected, inputs[1]});  // its gradient, sorted rows
  }
  if (drops(context)) {
    plan.cache.push_back(state);              // factors of the state, 0 or 1 / (1 - p)
    plan.forward_workspace.push_back(state);  // the state times them
  }
  return plan;
}

void RecurrentLayer::forward_packed(const ForwardPass& pass) const {
  const bool by_row = pass.inputs.size() == 3;
  project(pass.context.stream, pass.inputs[0], by_row ? pass.workspace[0] : preactivations(pass));
  if (!persistent_forward(pass)) forward_steps(pass);
}

const Tensor& RecurrentLayer::preactivations(const ForwardPass& pass) const {
  return has_cell_state() ? pass.cache[0] : pass.outputs[0];
}

bool RecurrentLayer::may_persist(const Context& context) const {
  return context.persistent_rnn && has_persistent_kernel() && !drops(context);
}

bool RecurrentLayer::persistent_forward(const ForwardPass& pass) const {
  if (!may_persist(pass.context)) return false;
  const bool by_row = pass.inputs.size() == 3;
  return kernels::persistent_recurrent_forward(
      pass.context.stream, {gates_, H_, pass.context.packing->sizes()},
      {.projected = by_row ? pass.workspace[0] : preactivations(pass),
       .row = by_row ? pass.inputs[1] : Tensor(),
       .Wh = parameters_[1].value,
       .h0 = pass.inputs.back(),
       .gates = has_cell_state() ? pass.cache[0] : Tensor(),
       .c = has_cell_state() ? pass.cache[1] : Tensor(),
       .h = pass.outputs[0]});
}

void RecurrentLayer::forward_steps(const ForwardPass& pass) const {
  const Stream& stream = pass.context.stream;
  const Packing& packing = *pass.context.packing;
  const bool by_row = pass.inputs.size() == 3;
  const Tensor& h = pass.outputs[0];
  const Tensor& a = preactivations(pass);
  const bool drop = drops(pass.context);
  if (drop) {
    const Tensor& factors = pass.cache.back();
    kernels::fill(stream, factors, 1.0, factors.numel());
    kernels::dropout(stream, factors, factors, dropout_.p, pass.context.seed, pass.context.step,
                     dropout_.site, factors.numel());
  }
  const auto step = [&](const Tensor& tensor, std::int64_t t, std::int64_t rows) {
    return tensor.rows(packing.offset(t), packing.offset(t) + rows);
  };
  for (std::int64_t t = 0; t < packing.steps(); ++t) {
    const std::int64_t n = packing.size(t);
    const Tensor a_t = step(a, t, n);
    if (by_row)
      kernels::gather_rows(stream, pass.workspace[0], step(pass.inputs[1], t, n), a_t, n,
                           pass.inputs[0].size(0), gates_ * H_);
    Tensor h_previous = t == 0 ? pass.inputs.back().rows(0, n) : step(h, t - 1, n);
    if (drop) {
      const Tensor kept = pass.workspace.back().rows(0, n);
      kernels::multiply(stream, h_previous, pass.cache.back().rows(0, n), kept, kept.numel());
      h_previous = kept;
    }
    const Tensor c_previous = has_cell_state() && t > 0 ? step(pass.cache[1], t - 1, n) : Tensor();
    recur(stream, {h_previous, c_previous},
          {step(h, t, n), has_cell_state() ? step(pass.cache[1], t, n) : Tensor()}, a_t);
  }
}

bool RecurrentLayer::persistent_backward(const BackwardPass& pass, const Tensor& da) const {
  if (!may_persist(pass.context)) return false;
  return kernels::persistent_recurrent_backward(pass.context.stream,
                                                {gates_, H_, pass.context.packing->sizes()},
                                                {.Wh = parameters_[1].value,
                                                 .h0 = pass.inputs.back(),
                                                 .h = pass.outputs[0],
                                                 .c = has_cell_state() ? pass.cache[1] : Tensor(),
                                                 .dh = pass.output_gradients[0],
                                                 .da = da,
                                                 .dc = has_cell_state() ? pass.workspace[1] : Tensor(),
                                                 .h_previous = pass.workspace[2],
                                                 .dh0 = pass.input_gradients.back()});
}

void RecurrentLayer::backward_steps(const BackwardPass& pass, const Tensor& da) const {
  const Stream& stream = pass.context.stream;
  const Packing& packing = *pass.context.packing;
  const Tensor& h = pass.outputs[0];
  const Tensor& dh_next = pass.workspace[0];
  const Tensor dc = has_cell_state() ? pass.workspace[1] : Tensor();
  const Tensor& h_previous = pass.workspace[2];
  const Tensor& dh0 = pass.input_gradients.back();
  const auto step = [&](const Tensor& tensor, std::int64_t t, std::int64_t rows) {
    return tensor.rows(packing.offset(t), packing.offset(t) + rows);
  };
  const bool drop = drops(pass.context);
  std::int64_t n_next = 0;
  for (std::int64_t t = packing.steps() - 1; t >= 0; --t) {
    const std::int64_t n = packing.size(t);
    const Tensor da_t = step(da, t, n);
    const Tensor c_previous = has_cell_state() && t > 0 ? step(pass.cache[1], t - 1, n) : Tensor();
    cell_backward(stream, c_previous,
                  {step(h, t, n), has_cell_state() ? step(pass.cache[1], t, n) : Tensor()},
                  step(pass.output_gradients[0], t, n), dh_next, n_next, dc, da_t);
    const bool goes_on = t > 0 || dh0.defined();
    if (goes_on)
      kernels::gemm(stream, Op::none, Op::transpose, da_t, parameters_[1].value, dh_next.rows(0, n));
    const Tensor before = t == 0 ? pass.inputs.back().rows(0, n) : step(h, t - 1, n);
    if (drop) {
      const Tensor factors = pass.cache.back().rows(0, n);
      kernels::multiply(stream, before, factors, step(h_previous, t, n), factors.numel());
      if (goes_on)
        kernels::multiply(stream, dh_next.rows(0, n), factors, dh_next.rows(0, n), factors.numel());
    } else {
      copy(stream, before, step(h_previous, t, n));
    }
    n_next = n;
  }
  if (dh0.defined()) copy(stream, dh_next.rows(0, n_next), dh0.rows(0, n_next));
}

void RecurrentLayer::backward_packed(const BackwardPass& pass) const {
  const Stream& stream = pass.context.stream;
  const Packing& packing = *pass.context.packing;
  const Tensor& da = has_cell_state() ? pass.cache[0] : pass.workspace[1];
  const Tensor& dh0 = pass.input_gradients.back();
  if (!persistent_backward(pass, da)) backward_steps(pass, da);
  if (dh0.defined())  // sequences without a single step leave their h0 unused
    dh0.rows(packing.steps() > 0 ? packing.size(0) : 0, packing.batch()).zero(stream);
  kernels::gemm(stream, Op::transpose, Op::none, pass.workspace[2], da, parameters_[1].gradient, 1);
  if (pass.inputs.size() == 2) return project_backward(stream, pass.inputs[0], da, pass.input_gradients[0]);
  const Tensor& dp = pass.workspace[3];
  const Tensor& order = pass.workspace[4];
  dp.zero(stream);
  kernels::sort_rows(stream, pass.inputs[1], order);
  kernels::scatter_add_rows(stream, pass.inputs[1], order, da, dp, packing.tokens(), dp.size(0), gates_ * H_);
  project_backward(stream, pass.inputs[0], dp, pass.input_gradients[0]);
}

void RecurrentLayer::project_backward(const Stream& stream, const Tensor& x, const Tensor& dp,
                                      const Tensor& dx) const {
  kernels::gemm(stream, Op::transpose, Op::none, x, dp, parameters_[0].gradient, 1);
  kernels::column_sum(stream, dp, parameters_[2].gradient, true, dp.size(0), gates_ * H_);
  if (dx.defined()) kernels::gemm(stream, Op::none, Op::transpose, dp, parameters_[0].value, dx);
}

Tensor RecurrentLayer::make_gates(std::int64_t n) const {
  return {{n, gates_ * H_}, parameters_[0].value.dtype(), parameters_[0].value.device()};
}

RecurrentLayer::State RecurrentLayer::make_state(std::int64_t n) const {
  const Tensor& like = parameters_[0].value;
  return {Tensor({n, H_}, like.dtype(), like.device()),
          has_cell_state() ? Tensor({n, H_}, like.dtype(), like.device()) : Tensor()};
}

void RecurrentLayer::step_forward(const Stream& stream, const Tensor& x, const State& previous,
                                  const State& next, const Tensor& gates) const {
  project(stream, x, gates);
  recur(stream, previous, next, gates);
}

void RecurrentLayer::project(const Stream& stream, const Tensor& x, const Tensor& gates) const {
  kernels::gemm(stream, Op::none, Op::none, x, parameters_[0].value, gates, 0, parameters_[2].value);
}

void RecurrentLayer::recur(const Stream& stream, const State& previous, const State& next,
                           const Tensor& gates) const {
  kernels::gemm(stream, Op::none, Op::none, previous.h, parameters_[1].value, gates, 1);
  cell_forward(stream, gates, previous.c, next);
}

void RecurrentLayer::step_backward(const Stream& stream, const Tensor& x, const State& previous,
                                   const State& next, const Tensor& gates, const State& next_gradient,
                                   const Tensor& dx, const State& previous_gradient) const {
  const std::int64_t n = x.size(0);
  if (has_cell_state()) {
    if (next_gradient.c.defined())
      copy(stream, next_gradient.c, previous_gradient.c);
    else
      previous_gradient.c.zero(stream);
  }
  // As if the whole gradient came from above and a following step of n rows added zero.
  const Tensor none = Tensor::zeros({n, H_}, x.dtype(), x.device());
  cell_backward(stream, previous.c, next, next_gradient.h.defined() ? next_gradient.h : none, none, n,
                previous_gradient.c, gates);
  kernels::gemm(stream, Op::transpose, Op::none, previous.h, gates, parameters_[1].gradient, 1);
  project_backward(stream, x, gates, dx);
  kernels::gemm(stream, Op::none, Op::transpose, gates, parameters_[1].value, previous_gradient.h);
}

void RNN::cell_forward(const Stream& stream, const Tensor& a, const Tensor&, const State& next) const {
  kernels::rnn_cell_forward(stream, a, next.h, a.size(0), hidden_dim());
}

void RNN::cell_backward(const Stream& stream, const Tensor&, const State& next, const Tensor& dh,
                        const Tensor& dh_next, std::int64_t n_next, const Tensor&, const Tensor& da) const {
  kernels::rnn_cell_backward(stream, next.h, dh, dh_next, da, da.size(0), n_next, hidden_dim());
}

void LSTM::cell_forward(const Stream& stream, const Tensor& a, const Tensor& c_previous,
                        const State& next) const {
  kernels::lstm_cell_forward(stream, a, c_previous, next.c, next.h, a.size(0), hidden_dim());
}

void LSTM::cell_backward(const Stream& stream, const Tensor& c_previous, const State& next, const Tensor& dh,
                         const Tensor& dh_next, std::int64_t n_next, const Tensor& dc,
                         const Tensor& da) const {
  kernels::lstm_cell_backward(stream, da, c_previous, next.c, dh, dh_next, dc, da.size(0), n_next,
                              hidden_dim());
}

}  // namespace dlcore
