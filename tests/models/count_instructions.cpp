// One training step for callgrind to count (count_instructions.cmake): a small LSTM captioner, forward,
// backward, clipping and AdamW, after two that make primitives and memory.
#include "models/captioner.h"
#include "models/optimizer.h"

namespace {

using namespace dlcore;

struct Step {
  CaptioningRNN& captioner;
  const CaptionBatch& batch;
  Optimizer& optimizer;
  GradientNorm& norm;
};

void run(const Step& step) {
  const Context context{.stream = Stream(Device::cpu()), .training = true};
  step.captioner.parameters().gradients().zero(context.stream);
  step.captioner.forward(context, step.batch);
  step.captioner.backward(context, step.batch);
  step.optimizer.step(context.stream, 1e-3,
                      step.norm.clip(context.stream, step.captioner.parameters().gradients(), 1));
}

}  // namespace

// A plain name, for --toggle-collect.
extern "C" [[gnu::noinline]] void counted_step(const Step& step) {
  run(step);
}

int main() {
  const Device device = Device::cpu();
  CaptioningRNN captioner(
      {.cell = "lstm", .feature_shape = {60}, .vocabulary_size = 101, .wordvec_dim = 16, .hidden_dim = 32},
      DType::float32, device);
  captioner.initialize(0);
  constexpr std::int64_t N = 8, T = 10;
  std::vector<std::int32_t> tokens;
  for (std::int64_t r = 0; r < N; ++r)
    for (std::int64_t t = 0; t < T; ++t)
      tokens.push_back(t == 0 ? 1 : t + 1 == T ? 2 : static_cast<std::int32_t>(3 + (7 * r + 13 * t) % 98));
  const Tensor features = Tensor::from(std::vector<float>(static_cast<std::size_t>(N * 60), 0.5f), {N, 60});
  const CaptionBatch batch = make_caption_batch(tokens, T, features, 0);
  const auto optimizer = make_optimizer({}, captioner.parameters());
  GradientNorm norm(device);
  const Step step{captioner, batch, *optimizer, norm};
  run(step);
  run(step);
  counted_step(step);
  return 0;
}
