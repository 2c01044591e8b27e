#include <algorithm>
#include <cmath>
#include <memory>

#include "core/error.h"
#include "core/random.h"
#include "models/optimizer.h"
#include "tools/bench/bench_work.h"

namespace dlcore {
namespace {

// <START>=1, words, <END>=2, then <NULL>=0; of 17 tokens, word counts follow COCO's: mean about 10.5, from 8
// to 15; of others in proportion.
std::vector<std::int32_t> draw_captions(Random& random, std::int64_t N, std::int64_t tokens,
                                        std::int64_t vocabulary) {
  const double scale = static_cast<double>(tokens - 2) / 15;
  std::vector<std::int32_t> list(static_cast<std::size_t>(N * tokens), 0);
  for (std::int64_t r = 0; r < N; ++r) {
    const auto words = std::clamp<std::int64_t>(std::llround(scale * (10.5 + 2.2 * random.normal())),
                                                std::llround(scale * 8), tokens - 2);
    std::int32_t* caption = list.data() + r * tokens;
    caption[0] = 1;
    for (std::int64_t t = 1; t <= words; ++t)
      caption[t] = static_cast<std::int32_t>(4 + random.below(vocabulary - 4));
    caption[words + 1] = 2;
  }
  return list;
}

// FLOP of a word's way through the captioner, forward.
double word_flop(const CaptionerConfig& config) {
  const double gates = config.cell == "lstm" ? 4 : 1;
  const auto H = static_cast<double>(config.hidden_dim);
  return 2 * H *
         (gates * (static_cast<double>(config.wordvec_dim) + H) +
          static_cast<double>(config.vocabulary_size));
}

std::int64_t captions_of(const BenchSizes& sizes) {
  return sizes.batch > 0 ? sizes.batch : 250;
}

struct Setup {
  Setup(const std::string& cell, const BenchSizes& sizes, DType type, const Stream& on)
      : stream(on),
        captioner(bench_captioner(cell, sizes), type, on.device()),
        batch(draw_bench_batch(captions_of(sizes), sizes, captioner.config(), type, on.device())) {
    captioner.initialize(0);
  }

  Stream stream;
  CaptioningRNN captioner;
  CaptionBatch batch;
  std::unique_ptr<Optimizer> optimizer;
};

BenchWork training(const std::string& cell, const BenchSizes& sizes, DType type, const Stream& stream) {
  auto setup = std::make_shared<Setup>(cell, sizes, type, stream);
  setup->optimizer = make_optimizer({.weight_decay = 0}, setup->captioner.parameters());
  const bool persistent = sizes.persistent_rnn;
  return {cell + "_train", captioner_flop(setup->captioner.config(), setup->batch), [setup, persistent] {
            const Context context{.stream = setup->stream, .training = true, .persistent_rnn = persistent};
            setup->captioner.forward(context, setup->batch);
            setup->captioner.backward(context, setup->batch);
            setup->optimizer->step(setup->stream, 1e-3);
          }};
}

BenchWork greedy(const std::string& cell, const BenchSizes& sizes, DType type, const Stream& stream) {
  auto setup = std::make_shared<Setup>(cell, sizes, type, stream);
  const CaptionerConfig& config = setup->captioner.config();
  const std::int64_t steps = sizes.tokens - 1;
  const auto N = static_cast<double>(captions_of(sizes));
  const double flop = N * (static_cast<double>(steps) * word_flop(config) +
                           2 * static_cast<double>(config.feature_size() * config.hidden_dim));
  return {"greedy_" + cell, flop, [setup, steps] {
            setup->captioner.sample(setup->stream, setup->batch.features,
                                    {.max_length = steps, .fixed_length = true});
          }};
}

// Beam search that goes on to the end: <END> does not come before.
BenchWork beam_search(const std::string& cell, const BenchSizes& sizes, DType type, const Stream& stream) {
  auto setup = std::make_shared<Setup>(cell, sizes, type, stream);
  const CaptionerConfig& config = setup->captioner.config();
  const std::int64_t steps = sizes.tokens - 1, beam = 5;
  const auto N = static_cast<double>(captions_of(sizes));
  const double flop = N * (static_cast<double>(1 + beam * (steps - 1)) * word_flop(config) +
                           2 * static_cast<double>(config.feature_size() * config.hidden_dim));
  return {"beam_" + cell, flop, [setup, steps] {
            setup->captioner.decode(setup->stream, setup->batch.features,
                                    {.max_length = steps, .min_length = steps, .beam = beam});
          }};
}

}  // namespace

CaptionerConfig bench_captioner(const std::string& cell, const BenchSizes& sizes) {
  require(sizes.tokens >= 4 && sizes.vocabulary >= 5,
          "captions need 4 tokens and 5 words at least, not {} and {}", sizes.tokens, sizes.vocabulary);
  return {.cell = cell,
          .feature_shape = {400, 4, 4},
          .vocabulary_size = sizes.vocabulary,
          .wordvec_dim = sizes.wordvec,
          .hidden_dim = sizes.hidden};
}

CaptionBatch draw_bench_batch(std::int64_t N, const BenchSizes& sizes, const CaptionerConfig& config,
                              DType type, Device device) {
  Random random(0);
  const std::int64_t D = config.feature_size();
  std::vector<float> features(static_cast<std::size_t>(N * D));
  for (auto& value : features) value = static_cast<float>(std::max(0.0, random.normal()));
  return make_caption_batch(draw_captions(random, N, sizes.tokens, sizes.vocabulary), sizes.tokens,
                            Tensor::from(features, {N, D}).to(type), 0)
      .to(device);
}

double captioner_flop(const CaptionerConfig& config, const CaptionBatch& batch) {
  // Three products of each size: forward, gradient of the input, gradient of the weight; none into the
  // features.
  return 3 * static_cast<double>(batch.packing.tokens()) * word_flop(config) +
         2 * 2 * static_cast<double>(batch.features.numel() * config.hidden_dim);
}

std::vector<BenchMaker> captioning_work() {
  std::vector<BenchMaker> list;
  for (const std::string cell : {"rnn", "lstm"}) {
    list.push_back({cell + "_train", [cell](const BenchSizes& z, DType t, const Stream& s) {
                      return training(cell, z, t, s);
                    }});
    list.push_back({"greedy_" + cell,
                    [cell](const BenchSizes& z, DType t, const Stream& s) { return greedy(cell, z, t, s); }});
    list.push_back({"beam_" + cell, [cell](const BenchSizes& z, DType t, const Stream& s) {
                      return beam_search(cell, z, t, s);
                    }});
  }
  return list;
}

}  // namespace dlcore
