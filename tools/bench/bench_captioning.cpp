#include <algorithm>
#include <cmath>
#include <memory>

#include "core/random.h"
#include "models/optimizer.h"
#include "tools/bench_work.h"

namespace dlcore {
namespace {

constexpr std::int64_t captions = 250, tokens = 17, wordvec = 256, hidden = 512, vocabulary = 1004;

// <START>=1, words, <END>=2, then <NULL>=0; word counts follow COCO's: mean about 10.5, from 8 to 15.
std::vector<std::int32_t> draw_captions(Random& random, std::int64_t N) {
  std::vector<std::int32_t> list(static_cast<std::size_t>(N * tokens), 0);
  for (std::int64_t r = 0; r < N; ++r) {
    const auto words = std::clamp<std::int64_t>(std::llround(10.5 + 2.2 * random.normal()), 8, tokens - 2);
    std::int32_t* caption = list.data() + r * tokens;
    caption[0] = 1;
    for (std::int64_t t = 1; t <= words; ++t)
      caption[t] = static_cast<std::int32_t>(4 + random.below(vocabulary - 4));
    caption[words + 1] = 2;
  }
  return list;
}

double gates_of(const std::string& cell) {
  return cell == "lstm" ? 4 : 1;
}

struct Setup {
  Setup(const std::string& cell, DType type, const Stream& on)
      : stream(on),
        captioner(bench_captioner(cell), type, on.device()),
        batch(draw_bench_batch(captions, type, on.device())) {
    captioner.initialize(0);
  }

  Stream stream;
  CaptioningRNN captioner;
  CaptionBatch batch;
  std::unique_ptr<Optimizer> optimizer;
};

BenchWork training(const std::string& cell, DType type, const Stream& stream) {
  auto setup = std::make_shared<Setup>(cell, type, stream);
  setup->optimizer = make_optimizer({.weight_decay = 0}, setup->captioner.parameters());
  return {cell + "_train", captioner_flop(cell, setup->batch), [setup] {
            const Context context{.stream = setup->stream, .training = true};
            setup->captioner.forward(context, setup->batch);
            setup->captioner.backward(context, setup->batch);
            setup->optimizer->step(setup->stream, 1e-3);
            setup->stream.synchronize();
          }};
}

BenchWork greedy(const std::string& cell, DType type, const Stream& stream) {
  auto setup = std::make_shared<Setup>(cell, type, stream);
  const double steps = tokens - 1;
  const auto width = static_cast<double>(setup->captioner.config().feature_size());
  const double flop = 2 * steps * captions * hidden * (gates_of(cell) * (wordvec + hidden) + vocabulary) +
                      2 * captions * width * hidden;
  return {"greedy_" + cell, flop, [setup] {
            setup->captioner.sample(setup->stream, setup->batch.features,
                                    {.max_length = tokens - 1, .fixed_length = true});
          }};
}

}  // namespace

CaptionerConfig bench_captioner(const std::string& cell) {
  return {.cell = cell,
          .feature_shape = {400, 4, 4},
          .vocabulary_size = vocabulary,
          .wordvec_dim = wordvec,
          .hidden_dim = hidden};
}

CaptionBatch draw_bench_batch(std::int64_t N, DType type, Device device) {
  Random random(0);
  const std::int64_t D = bench_captioner("lstm").feature_size();
  std::vector<float> features(static_cast<std::size_t>(N * D));
  for (auto& value : features) value = static_cast<float>(std::max(0.0, random.normal()));
  return make_caption_batch(draw_captions(random, N), tokens, Tensor::from(features, {N, D}).to(type), 0)
      .to(device);
}

double captioner_flop(const std::string& cell, const CaptionBatch& batch) {
  const auto words = static_cast<double>(batch.packing.tokens());
  // Three products of each size: forward, gradient of the input, gradient of the weight; none into the
  // features.
  return 3 * 2 * words * hidden * (gates_of(cell) * (wordvec + hidden) + vocabulary) +
         2 * 2 * static_cast<double>(batch.features.numel()) * hidden;
}

std::vector<BenchMaker> captioning_work() {
  std::vector<BenchMaker> list;
  for (const std::string cell : {"rnn", "lstm"}) {
    list.push_back({cell + "_train", [cell](DType t, const Stream& s) { return training(cell, t, s); }});
    list.push_back({"greedy_" + cell, [cell](DType t, const Stream& s) { return greedy(cell, t, s); }});
  }
  return list;
}

}  // namespace dlcore
