#include "layers/vocabulary_loss.h"

#include <algorithm>
#include <cmath>

#include "core/format.h"
#include "kernels/elementwise.h"
#include "kernels/gemm.h"
#include "kernels/reduce.h"
#include "kernels/softmax.h"
#include "layers/temporal_softmax_loss.h"

namespace dlcore {

using kernels::Op;

VocabularyLoss::VocabularyLoss(std::int64_t H, std::int64_t V, std::int32_t ignore_index, std::int64_t chunk,
                               double label_smoothing)
    : Layer("VocabularyLoss"),
      H_(H),
      V_(V),
      chunk_(chunk),
      ignore_index_(ignore_index),
      label_smoothing_(checked_label_smoothing(label_smoothing)) {
  require(H > 0 && V > 0 && chunk >= 0,
          "layer VocabularyLoss: sizes must be positive, not H={}, V={}, chunk={}", H, V, chunk);
  // About 4 MiB of float32 scores stay in a processor's cache between the product and the softmax. But every
  // chunk reads the weights twice and adds to their gradient: with fewer rows that is what takes the time.
  // Measured with 2 threads, V = 10,000, one step of an LSTM: 104 rows 710 ms, 160 654, 256 615, 384 607.
  constexpr std::int64_t fewest = 384, scores = std::int64_t{1} << 20;
  if (chunk_ == 0) chunk_ = std::max(fewest, scores / V);
  parameters_.push_back(
      {.name = "weight", .shape = {H, V}, .initial_deviation = 1 / std::sqrt(static_cast<double>(H))});
  parameters_.push_back({.name = "bias", .shape = {V}});
}

Plan VocabularyLoss::plan(const Context& context, std::span<const Spec> inputs) const {
  expect_inputs(inputs, 2);
  const Shape& h = inputs[0].shape;
  const Shape& targets = inputs[1].shape;
  const bool fits = (h.rank() == 2 || h.rank() == 3) && h.cols() == H_ && targets.rank() == h.rank() - 1 &&
                    targets.numel() == h.rows() && targets[0] == h[0];
  require(fits && inputs[1].type == DType::int32,
          "layer VocabularyLoss: expected h [N, T, H={0}] or [tokens, H={0}] and int32 targets without H, "
          "not {1} and "
          "{2} {3}",
          H_, h, inputs[1].type, targets);
  const DType type = inputs[0].type;
  Plan plan{.outputs = {{Shape{1}, arithmetic_of(type)}},
            .forward_workspace = {{{std::min(chunk_, std::max<std::int64_t>(h.rows(), 1)), V_}, type},
                                  {targets, arithmetic_of(type)}},
            .backward_reads_inputs = false};
  if (context.training) plan.cache = {inputs[0], {{H_, V_}, type}, {{V_}, type}};
  return plan;
}

void VocabularyLoss::scores(const Stream& stream, const Tensor& h, const Tensor& scores) const {
  kernels::gemm(stream, Op::none, Op::none, h, parameters_[0].value, scores, 0, parameters_[1].value);
}

void VocabularyLoss::do_forward(const ForwardPass& pass) const {
  const Stream& stream = pass.context.stream;
  const std::int64_t tokens = pass.inputs[1].numel();
  const double scale = 1.0 / static_cast<double>(captions_of(pass.context, pass.inputs[1].shape()));
  const Tensor h = pass.inputs[0].view({tokens, H_});
  const Tensor targets = pass.inputs[1].view({tokens});
  const Tensor losses = pass.workspace[1].view({tokens});
  const Tensor weights = weights_of(pass.context, targets);
  if (pass.context.training && tokens == 0)
    for (const auto& gradient : pass.cache) gradient.zero(stream);
  for (std::int64_t begin = 0; begin < tokens; begin += chunk_) {
    const std::int64_t end = std::min(begin + chunk_, tokens);
    const Tensor z = pass.workspace[0].rows(0, end - begin);  // scores, then their gradient
    scores(stream, h.rows(begin, end), z);
    if (!pass.context.training) {
      kernels::cross_entropy_forward(stream, z, targets.rows(begin, end), losses.rows(begin, end),
                                     ignore_index_, end - begin, V_);
      continue;
    }
    kernels::cross_entropy_gradient(stream, z, targets.rows(begin, end),
                                    weights.defined() ? weights.rows(begin, end) : weights,
                                    losses.rows(begin, end), z, ignore_index_,
                                    smoothing_of(pass.context, label_smoothing_), scale, end - begin, V_);
    const bool later_chunk = begin > 0;
    kernels::gemm(stream, Op::none, Op::transpose, z, parameters_[0].value,
                  pass.cache[0].view({tokens, H_}).rows(begin, end));
    kernels::gemm(stream, Op::transpose, Op::none, h.rows(begin, end), z, pass.cache[1], later_chunk ? 1 : 0);
    kernels::column_sum(stream, z, pass.cache[2], later_chunk, end - begin, V_);
  }
  kernels::sum_losses(stream, losses, pass.outputs[0], scale, false, tokens);
}

void VocabularyLoss::do_backward(const BackwardPass& pass) const {
  require(pass.context.training, "layer VocabularyLoss: backward needs a forward with training set");
  const Tensor& upstream = pass.output_gradients[0];
  if (pass.input_gradients[0].defined())
    kernels::scale_by(pass.context.stream, pass.cache[0], upstream, pass.input_gradients[0], false,
                      pass.cache[0].numel());
  kernels::scale_by(pass.context.stream, pass.cache[1], upstream, parameters_[0].gradient, true,
                    pass.cache[1].numel());
  kernels::scale_by(pass.context.stream, pass.cache[2], upstream, parameters_[1].gradient, true,
                    pass.cache[2].numel());
}

}  // namespace dlcore
