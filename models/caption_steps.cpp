#include "models/caption_steps.h"

#include <algorithm>

#include "kernels/embedding.h"
#include "kernels/next_words.h"

namespace dlcore {
namespace {

RecurrentLayer::State rows_of(const RecurrentLayer::State& state, std::int64_t n) {
  return {state.h.rows(0, n), state.c.defined() ? state.c.rows(0, n) : Tensor()};
}

// Lists of banned words on the device.
struct Banned {
  Banned(const StepRows& rows, Device device)
      : begin(Tensor::from(rows.banned_begin, {rows.count() + 1}, device)),
        words(Tensor::from(rows.banned, {static_cast<std::int64_t>(rows.banned.size())}, device)) {}
  Tensor begin, words;
};

}  // namespace

CaptionSteps::CaptionSteps(const Stream& stream, const RecurrentLayer& cell, const Tensor& embedding,
                           const VocabularyLoss& vocabulary, const Tensor& h0, std::int64_t most,
                           std::int64_t steps)
    : stream_(stream),
      cell_(cell),
      vocabulary_(vocabulary),
      projected_(stream, cell, embedding, most * steps),
      state_{h0, {}},
      first_(cell.make_state(most)),
      second_(cell.make_state(most)),
      rows_(h0.size(0)),
      gates_(cell.make_gates(most)),
      scores_({most, embedding.size(0)}, embedding.dtype(), embedding.device()) {}

Tensor CaptionSteps::advance(const StepRows& rows) {
  const std::int64_t n = rows.count(), H = cell_.hidden_dim();
  const Device device = scores_.device();
  const Tensor parent = Tensor::from(rows.parent, {n}, device), word = Tensor::from(rows.word, {n}, device);
  RecurrentLayer::State previous = rows_of(first_, n);
  if (!state_.c.defined()) previous.c = Tensor();
  kernels::gather_rows(stream_, state_.h, parent, previous.h, n, rows_, H);
  if (previous.c.defined()) kernels::gather_rows(stream_, state_.c, parent, previous.c, n, rows_, H);
  const Tensor gates = gates_.rows(0, n), scores = scores_.rows(0, n);
  projected_.gather(word, rows.word, gates);
  state_ = rows_of(second_, n);
  cell_.recur(stream_, previous, state_, gates);
  rows_ = n;
  vocabulary_.scores(stream_, state_.h, scores);
  return scores;
}

StepWords CaptionSteps::top(const StepRows& rows, std::int64_t k) {
  const Tensor scores = advance(rows);
  const std::int64_t n = scores.size(0), V = scores.size(1);
  k = std::min(k, V);
  const Banned banned(rows, scores.device());
  const Tensor word({n, k}, DType::int32, scores.device()),
      log_probability({n, k}, arithmetic_of(scores.dtype()), scores.device());
  kernels::top_words(stream_, scores, banned.begin, banned.words, word, log_probability, n, V, k);
  return {k, word.to_vector<std::int32_t>(), log_probability.to_vector<double>()};
}

StepWords CaptionSteps::draw(const StepRows& rows, std::span<const double> uniform,
                             const DecodeOptions& options) {
  const Tensor scores = advance(rows);
  const std::int64_t n = scores.size(0), V = scores.size(1);
  const Device device = scores.device();
  const DType type = arithmetic_of(scores.dtype());
  if (!weights_.defined()) weights_ = Tensor(scores_.shape(), type, device);
  const Banned banned(rows, device);
  const Tensor word({n}, DType::int32, device), log_probability({n}, type, device);
  kernels::draw_words(stream_, scores, banned.begin, banned.words, Tensor::from(uniform, {n}, device),
                      options.temperature, options.top_k, options.top_p, weights_, word, log_probability, n,
                      V);
  return {1, word.to_vector<std::int32_t>(), log_probability.to_vector<double>()};
}

}  // namespace dlcore
