// How CaptioningRNN makes captions.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/format.h"
#include "kernels/next_words.h"
#include "kernels/softmax.h"
#include "models/beam_search.h"
#include "models/caption_steps.h"
#include "models/captioner.h"
#include "models/projected_words.h"
#include "models/word_arrivals.h"
#include "models/word_chooser.h"
#include "models/word_sampling.h"

namespace dlcore {
namespace {

// Images that are decoded together have scores, gates and states of about this many elements.
constexpr std::int64_t elements_together = std::int64_t{1} << 24;

}  // namespace

std::vector<Caption> CaptioningRNN::greedy(const Stream& stream, const Tensor& features,
                                           const SampleOptions& options, bool log_probabilities) const {
  require(options.max_length >= 1, "captioner: a caption needs at least 1 word, not {}", options.max_length);
  const std::int64_t n = features.size(0), V = config_.vocabulary_size, T = options.max_length;
  const SeparateRows separate(stream);  // an image alone has the caption that it has in a batch
  std::vector<Caption> captions(static_cast<std::size_t>(n));
  if (n == 0) return captions;
  const Tensor h0 = initial_hidden(stream, features);
  const RecurrentLayer::State rooms[] = {cell_->make_state(n), cell_->make_state(n)};
  const Tensor gates = cell_->make_gates(n);
  ProjectedWords projected(stream, *cell_, embed_->parameters()[0].value, n * T);
  const WordChooser chooser(stream, *score_, n, T);
  std::vector<std::int32_t> chosen(static_cast<std::size_t>(n), config_.start_index);
  const Tensor first_words = Tensor::from(chosen, {n}, device_);
  const Tensor chosen_words({T, n}, DType::int32, device_);
  const Tensor scores = log_probabilities ? Tensor({n, V}, type_, device_) : Tensor();
  const Tensor losses = log_probabilities ? Tensor({T, n}, arithmetic_of(type_), device_) : Tensor();
  WordArrivals arriving(stream, chosen_words, losses);
  const auto row = [n](const Tensor& tensor, std::int64_t t) { return tensor.rows(t, t + 1).view({n}); };

  // Queues one step after the other as long as goes_on(t) says so after step t.
  const auto queue_steps = [&](auto goes_on) {
    RecurrentLayer::State state{h0, {}};
    for (std::int64_t t = 0; t < T; ++t) {
      const RecurrentLayer::State& next = rooms[t % 2];
      projected.gather(t == 0 ? first_words : row(chosen_words, t - 1), chosen, gates);
      cell_->recur(stream, state, next, gates);
      state = next;
      chooser.choose(state.h, row(chosen_words, t));
      if (log_probabilities) {
        constexpr std::int32_t no_word = -1;
        score_->scores(stream, state.h, scores);
        kernels::cross_entropy_forward(stream, scores, row(chosen_words, t), row(losses, t), no_word, n, V);
      }
      arriving.queue(t);
      if (!goes_on(t)) break;
    }
  };

  std::vector<bool> ended(static_cast<std::size_t>(n), false);
  if (options.fixed_length)
    for (auto& caption : captions) caption.words.push_back(config_.start_index);
  const auto take_step = [&] {
    const StepWords step = arriving.next();
    chosen = step.word;
    check_probabilities(step);
    for (std::size_t r = 0; r < captions.size(); ++r) {
      if (ended[r]) continue;
      if (log_probabilities) captions[r].log_probabilities.push_back(step.log_probability[r]);
      ended[r] = !options.fixed_length && chosen[r] == config_.end_index;
      if (!ended[r]) captions[r].words.push_back(chosen[r]);
    }
  };
  const auto all_ended = [&] { return std::all_of(ended.begin(), ended.end(), [](bool is) { return is; }); };
  // On a GPU the host is two steps behind, so that it never waits for the step that it has just queued.
  const std::int64_t behind = stream.device().is_cuda() ? 2 : 0;
  queue_steps([&](std::int64_t t) {
    arriving.mark(t + 1);
    while (arriving.outstanding() > behind) take_step();
    return !all_ended();
  });
  while (arriving.outstanding() > 0 && !all_ended()) take_step();
  for (auto& caption : captions) {
    const auto& logs = caption.log_probabilities;
    caption.score = log_probabilities ? std::accumulate(logs.begin(), logs.end(), 0.0) : std::nan("");
  }
  return captions;
}

std::vector<std::vector<std::int32_t>> CaptioningRNN::sample(const Stream& stream, const Tensor& features,
                                                             const SampleOptions& options) const {
  std::vector<std::vector<std::int32_t>> words;
  for (auto& caption : greedy(stream, features, options, false)) words.push_back(std::move(caption.words));
  return words;
}

std::vector<std::vector<Caption>> CaptioningRNN::decode(const Stream& stream, const Tensor& features,
                                                        const DecodeOptions& options,
                                                        std::span<const std::uint64_t> keys) const {
  const std::int64_t n = features.size(0), V = config_.vocabulary_size;
  const SeparateRows separate(stream);  // an image alone has the captions that it has in a batch
  options.check(V);
  require(keys.empty() || static_cast<std::int64_t>(keys.size()) == n,
          "decoding: {} images need as many keys, not {}", n, keys.size());
  std::vector<std::uint64_t> numbered;
  if (keys.empty()) {
    numbered.resize(static_cast<std::size_t>(n));
    std::iota(numbered.begin(), numbered.end(), 0);
    keys = numbered;
  }
  const DecodeTokens tokens{config_.null_index, config_.start_index, config_.end_index};
  for (const auto token : {tokens.null, tokens.start, tokens.end})
    require(0 <= token && token < V,
            "decoding: the index {} of <NULL>, <START> or <END> is not below {} words", token, V);
  const std::int64_t rows_of_image = options.sample ? options.n_best : options.beam;
  const std::int64_t row = 2 * V + 8 * config_.hidden_dim;
  const std::int64_t together = std::max<std::int64_t>(elements_together / row / rows_of_image, 1);
  std::vector<std::vector<Caption>> captions;
  for (std::int64_t begin = 0; begin < n; begin += together) {
    const std::int64_t count = std::min(together, n - begin);
    const Tensor part = features.rows(begin, begin + count);
    if (options.greedy()) {
      for (auto& caption :
           greedy(stream, part, {.max_length = options.max_length}, options.log_probabilities))
        captions.push_back({std::move(caption)});
      continue;
    }
    CaptionSteps steps(stream, *cell_, embed_->parameters()[0].value, *score_, initial_hidden(stream, part),
                       count * rows_of_image, options.max_length);
    auto found =
        options.sample
            ? sample_captions(count, tokens, options,
                              keys.subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(count)),
                              [&](const StepRows& rows, std::span<const double> uniform) {
                                return steps.draw(rows, uniform, options);
                              })
            : beam_search(count, tokens, options,
                          [&](const StepRows& rows, std::int64_t k) { return steps.top(rows, k); });
    std::move(found.begin(), found.end(), std::back_inserter(captions));
  }
  return captions;
}

std::vector<std::int32_t> CaptioningRNN::draw_next(const Stream& stream, const CaptionBatch& batch,
                                                   std::span<const double> uniform) const {
  const std::int64_t tokens = batch.packing.tokens(), V = config_.vocabulary_size;
  require(static_cast<std::int64_t>(uniform.size()) == tokens,
          "drawing a word after each of {} tokens needs as many numbers, not {}", tokens, uniform.size());
  std::vector<std::int32_t> drawn;
  if (tokens == 0) return drawn;
  const Context context{.stream = stream, .packing = &batch.packing};
  const Tensor h0 = initial_hidden(stream, batch.features);
  const Tensor words = LayerCall(*embed_).forward(context, {batch.words})[0];
  const Tensor h = LayerCall(*cell_).forward(context, {words, batch.word_rows, h0})[0];
  const std::int64_t together = std::min(tokens, std::max<std::int64_t>(elements_together / V, 1));
  const DType exact = arithmetic_of(type_);
  const Tensor scores({together, V}, type_, device_), weights({together, V}, exact, device_);
  for (std::int64_t begin = 0; begin < tokens; begin += together) {
    const std::int64_t n = std::min(together, tokens - begin);
    std::vector<std::int32_t> banned_begin{0}, banned;
    for (std::int64_t r = 0; r < n; ++r) {
      banned.insert(banned.end(), {config_.null_index, config_.start_index, config_.end_index});
      banned_begin.push_back(static_cast<std::int32_t>(banned.size()));
    }
    const Tensor word({n}, DType::int32, device_), log_probability({n}, exact, device_);
    const auto numbers = uniform.subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(n));
    score_->scores(stream, h.rows(begin, begin + n), scores.rows(0, n));
    kernels::draw_words(stream, scores.rows(0, n), Tensor::from(banned_begin, {n + 1}, device_),
                        Tensor::from(banned, {3 * n}, device_), Tensor::from(numbers, {n}, device_), 1.0,
                        std::int64_t{0}, 1.0, weights.rows(0, n), word, log_probability, n, V);
    for (const std::int32_t each : word.to_vector<std::int32_t>()) {
      require(each >= 0, "a word cannot be drawn: its scores are not finite, or there are no words");
      drawn.push_back(each);
    }
  }
  return drawn;
}

}  // namespace dlcore
