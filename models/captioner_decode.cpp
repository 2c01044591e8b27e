// How CaptioningRNN makes captions.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/event.h"
#include "core/format.h"
#include "kernels/softmax.h"
#include "models/beam_search.h"
#include "models/caption_steps.h"
#include "models/captioner.h"
#include "models/projected_words.h"
#include "models/word_chooser.h"
#include "models/word_sampling.h"

namespace dlcore {
namespace {

// Images that are decoded together have scores, gates and states of about this many elements.
constexpr std::int64_t elements_together = std::int64_t{1} << 24;

// Steps' words on their way to the host, which on a GPU is two steps behind, so that it never waits for the
// step that it has just queued.
class Arrivals {
 public:
  /// words: (T, n) int32; losses: (T, n), or undefined.
  Arrivals(const Stream& stream, const Tensor& words, const Tensor& losses)
      : stream_(stream), words_(words), losses_(losses) {
    const Device device = stream.device();
    host_words_ = Tensor::staging(words.shape(), DType::int32, device);
    if (losses.defined()) host_losses_ = Tensor::staging(losses.shape(), losses.dtype(), device);
  }
  ~Arrivals() {
    try {  // a copy into the host's memory may be under way
      if (!arrived_.empty()) arrived_.back().synchronize();
    } catch (const Error&) {  // what has failed writes no more, and who waits next hears of it
    }
  }
  Arrivals(const Arrivals&) = delete;
  Arrivals& operator=(const Arrivals&) = delete;

  std::int64_t allowed() const { return stream_.device().is_cuda() ? 2 : 0; }
  std::int64_t outstanding() const { return static_cast<std::int64_t>(arrived_.size()) - taken_; }

  /// The next step is queued.
  void queue() {
    const auto t = static_cast<std::int64_t>(arrived_.size());
    copy(stream_, words_.rows(t, t + 1), host_words_.rows(t, t + 1));
    if (losses_.defined()) copy(stream_, losses_.rows(t, t + 1), host_losses_.rows(t, t + 1));
    arrived_.emplace_back(stream_.device()).record(stream_);
  }
  /// Waits for the oldest that was not taken.
  StepWords next() {
    const std::int64_t t = taken_++;
    arrived_[static_cast<std::size_t>(t)].synchronize();
    StepWords step{1, host_words_.rows(t, t + 1).to_vector<std::int32_t>(), {}};
    if (losses_.defined()) step.log_probability = host_losses_.rows(t, t + 1).to_vector<double>();
    for (double& value : step.log_probability) value = -value;
    return step;
  }

 private:
  Stream stream_;
  Tensor words_, losses_, host_words_, host_losses_;
  std::vector<Event> arrived_;
  std::int64_t taken_ = 0;
};

}  // namespace

std::vector<Caption> CaptioningRNN::greedy(const Stream& stream, const Tensor& features,
                                           const SampleOptions& options, bool log_probabilities) const {
  require(options.max_length >= 1, "captioner: a caption needs at least 1 word, not {}", options.max_length);
  const std::int64_t n = features.size(0), V = config_.vocabulary_size, T = options.max_length;
  std::vector<Caption> captions(static_cast<std::size_t>(n));
  if (n == 0) return captions;
  RecurrentLayer::State state{initial_hidden(stream, features), {}};
  RecurrentLayer::State next = cell_->make_state(n);
  const Tensor gates = cell_->make_gates(n);
  ProjectedWords projected(stream, *cell_, embed_->parameters()[0].value, n * T);
  const WordChooser chooser(stream, *score_, n, T);
  std::vector<std::int32_t> chosen(static_cast<std::size_t>(n), config_.start_index);
  Tensor words = Tensor::from(chosen, {n}, device_);
  const Tensor chosen_words({T, n}, DType::int32, device_);
  const Tensor scores = log_probabilities ? Tensor({n, V}, type_, device_) : Tensor();
  const Tensor losses = log_probabilities ? Tensor({T, n}, arithmetic_of(type_), device_) : Tensor();
  Arrivals arriving(stream, chosen_words, losses);
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
  for (std::int64_t t = 0; t < T && !all_ended(); ++t) {
    projected.gather(words, chosen, gates);
    cell_->recur(stream, state, next, gates);
    if (t == 0) state = cell_->make_state(n);
    std::swap(state, next);
    words = chosen_words.rows(t, t + 1).view({n});
    chooser.choose(state.h, words);
    if (log_probabilities) {
      constexpr std::int32_t no_word = -1;
      score_->scores(stream, state.h, scores);
      kernels::cross_entropy_forward(stream, scores, words, losses.rows(t, t + 1).view({n}), no_word, n, V);
    }
    arriving.queue();
    while (arriving.outstanding() > arriving.allowed()) take_step();
  }
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
      for (auto& caption : greedy(stream, part, {options.max_length}, options.log_probabilities))
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

}  // namespace dlcore
