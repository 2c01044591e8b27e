// Sequences of one length, (N, T, D), as the packed ones that the recurrent layers know: step by step, (T N,
// D).
#include "core/format.h"
#include "kernels/channels.h"
#include "layers/recurrent.h"

namespace dlcore {
namespace {

Context with_packing(const Context& context, const Packing& packing) {
  Context packed = context;
  packed.packing = &packing;
  return packed;
}

// What a call needs besides what packed sequences need, in its cache and workspace behind that.
constexpr std::size_t cached = 3;   // x, h0 and h, packed
constexpr std::size_t scratch = 2;  // backward: dh and dx, packed

}  // namespace

Plan RecurrentLayer::plan_sequences(const Context& context, const Spec& x) const {
  const std::int64_t N = x.shape[0], T = x.shape[1];
  require(x.shape[2] == D_, "layer {}: expected x [N, T, D={}], not {}", type(), D_, x.shape);
  const Packing packing = Packing::full(N, T);
  const Spec x_packed{{T * N, D_}, x.type}, h0{{N, H_}, x.type}, h_packed{{T * N, H_}, x.type};
  Plan plan = plan_packed(with_packing(context, packing), std::vector<Spec>{x_packed, h0});
  plan.outputs = {{{N, T, H_}, x.type}};
  plan.cache.insert(plan.cache.end(), {x_packed, h0, h_packed});
  plan.backward_workspace.insert(plan.backward_workspace.end(), {h_packed, x_packed});
  plan.backward_reads_inputs = plan.backward_reads_outputs = false;
  return plan;
}

void RecurrentLayer::forward_sequences(const ForwardPass& pass) const {
  const Stream& stream = pass.context.stream;
  const Shape& x = pass.inputs[0].shape();
  const Packing packing = Packing::full(x[0], x[1]);
  const Context context = with_packing(pass.context, packing);
  const Tensors own = pass.cache.last(cached);
  kernels::exchange_leading(stream, pass.inputs[0], own[0], x[0], x[1], D_);
  own[1].zero(stream);
  forward_packed(
      {context, own.first(2), own.last(1), pass.cache.first(pass.cache.size() - cached), pass.workspace});
  kernels::exchange_leading(stream, own[2], pass.outputs[0], x[1], x[0], H_);
}

void RecurrentLayer::backward_sequences(const BackwardPass& pass) const {
  const Stream& stream = pass.context.stream;
  const Shape& dh = pass.output_gradients[0].shape();
  const Packing packing = Packing::full(dh[0], dh[1]);
  const Context context = with_packing(pass.context, packing);
  const Tensors own = pass.cache.last(cached);
  const Tensors packed = pass.workspace.last(scratch);
  const bool wanted = pass.input_gradients[0].defined();
  kernels::exchange_leading(stream, pass.output_gradients[0], packed[0], dh[0], dh[1], H_);
  const Tensor gradients[] = {wanted ? packed[1] : Tensor(), Tensor()};
  backward_packed({context, own.first(2), own.last(1), packed.first(1), gradients,
                   pass.cache.first(pass.cache.size() - cached),
                   pass.workspace.first(pass.workspace.size() - scratch)});
  if (wanted) kernels::exchange_leading(stream, packed[1], pass.input_gradients[0], dh[1], dh[0], D_);
}

}  // namespace dlcore
