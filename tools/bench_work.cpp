#include "tools/bench_work.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/random.h"
#include "models/captioner.h"
#include "models/optimizer.h"

namespace dlcore {
namespace {

constexpr std::int64_t batch = 250, tokens = 17, wordvec = 256, hidden = 512, vocabulary = 1004;

// <START>=1, words, <END>=2, then <NULL>=0; word counts follow COCO's: mean about 10.5, from 8 to 15.
std::vector<std::int32_t> draw_captions(Random& random) {
  std::vector<std::int32_t> captions(static_cast<std::size_t>(batch * tokens), 0);
  for (std::int64_t r = 0; r < batch; ++r) {
    const auto words = std::clamp<std::int64_t>(std::llround(10.5 + 2.2 * random.normal()), 8, tokens - 2);
    std::int32_t* caption = captions.data() + r * tokens;
    caption[0] = 1;
    for (std::int64_t t = 1; t <= words; ++t)
      caption[t] = static_cast<std::int32_t>(4 + random.below(vocabulary - 4));
    caption[words + 1] = 2;
  }
  return captions;
}

struct Setup {
  Setup(const std::string& cell, DType type, const Stream& on)
      : stream(on),
        captioner({.cell = cell,
                   .feature_shape = {400, 4, 4},
                   .vocabulary_size = vocabulary,
                   .wordvec_dim = wordvec,
                   .hidden_dim = hidden},
                  type, on.device()) {
    captioner.initialize(0);
    Random random(0);
    std::vector<float> features(static_cast<std::size_t>(batch * captioner.config().feature_size()));
    for (auto& value : features) value = static_cast<float>(std::max(0.0, random.normal()));
    const Tensor tensor = Tensor::from(features, {batch, captioner.config().feature_size()}).to(type);
    caption_batch = make_caption_batch(draw_captions(random), tokens, tensor, 0).to(on.device());
  }

  Stream stream;
  CaptioningRNN captioner;
  CaptionBatch caption_batch;
  std::unique_ptr<Optimizer> optimizer;
};

double gates_of(const std::string& cell) {
  return cell == "lstm" ? 4 : 1;
}

BenchWork training(const std::string& cell, DType type, const Stream& stream) {
  auto setup = std::make_shared<Setup>(cell, type, stream);
  setup->optimizer = make_optimizer({.weight_decay = 0}, setup->captioner.parameters());
  const auto words = static_cast<double>(setup->caption_batch.packing.tokens());
  const auto width = static_cast<double>(setup->captioner.config().feature_size());
  // Three products of each size: forward, gradient of the input, gradient of the weight; none into the
  // features.
  const double flop = 3 * 2 * words * hidden * (gates_of(cell) * (wordvec + hidden) + vocabulary) +
                      2 * 2 * batch * width * hidden;
  return {cell + "_train", flop, [setup] {
            const Context context{.stream = setup->stream, .training = true};
            setup->captioner.forward(context, setup->caption_batch);
            setup->captioner.backward(context, setup->caption_batch);
            setup->optimizer->step(setup->stream, 1e-3);
            setup->stream.synchronize();
          }};
}

BenchWork greedy(const std::string& cell, DType type, const Stream& stream) {
  auto setup = std::make_shared<Setup>(cell, type, stream);
  const double steps = tokens - 1;
  const auto width = static_cast<double>(setup->captioner.config().feature_size());
  const double flop = 2 * steps * batch * hidden * (gates_of(cell) * (wordvec + hidden) + vocabulary) +
                      2 * batch * width * hidden;
  return {"greedy_" + cell, flop, [setup] {
            setup->captioner.sample(setup->stream, setup->caption_batch.features,
                                    {.max_length = tokens - 1, .fixed_length = true});
          }};
}

}  // namespace

std::vector<std::string> bench_work_names() {
  return {"rnn_train", "lstm_train", "greedy_rnn", "greedy_lstm"};
}

BenchWork make_bench_work(const std::string& name, DType type, const Stream& stream) {
  for (const std::string cell : {"rnn", "lstm"}) {
    if (name == cell + "_train") return training(cell, type, stream);
    if (name == "greedy_" + cell) return greedy(cell, type, stream);
  }
  std::string known;
  for (const auto& one : bench_work_names()) known += (known.empty() ? "" : ", ") + one;
  fail("there is no work '{}': choose from {}", name, known);
}

}  // namespace dlcore
