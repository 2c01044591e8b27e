#include <memory>

#include "core/random.h"
#include "models/encoder.h"
#include "models/optimizer.h"
#include "models/regnet.h"
#include "tools/bench/bench_work.h"

namespace dlcore {
namespace {

constexpr const char* architecture = "regnet_x_400mf";

Tensor draw_pictures(std::int64_t N, std::int64_t S, DType type, Device device) {
  const Tensor pictures({N, S, S, 3}, DType::float32);
  Random(0).fill_normal(pictures, 1);
  return pictures.to(type).to(device);
}

struct Setup {
  Setup(std::int64_t N, std::int64_t S, DType type, const Stream& on)
      : stream(on),
        encoder({.name = architecture, .image_size = S}, type, on.device()),
        pictures(draw_pictures(N, S, type, on.device())),
        flop(static_cast<double>(N) * regnet_flop(regnet_parameters(architecture), S)) {
    encoder.initialize(0);
  }

  Stream stream;
  Encoder encoder;
  Tensor pictures;
  double flop;  // of forward
};

std::int64_t given(std::int64_t size, std::int64_t otherwise) {
  return size > 0 ? size : otherwise;
}

BenchWork inference(std::int64_t N, const BenchSizes& sizes, DType type, const Stream& stream) {
  N = given(sizes.batch, N);
  auto setup = std::make_shared<Setup>(N, given(sizes.image_size, 224), type, stream);
  setup->encoder.freeze(stream);
  return {"regnet_fwd_" + std::to_string(N), setup->flop,
          [setup] { setup->encoder.forward({.stream = setup->stream}, setup->pictures); }};
}

// Forward and backward, without an optimiser.
BenchWork training(const BenchSizes& sizes, DType type, const Stream& stream) {
  auto setup = std::make_shared<Setup>(given(sizes.batch, 32), given(sizes.image_size, 112), type, stream);
  const Context context{.stream = stream, .training = true};
  const Shape shape{setup->pictures.size(0), setup->encoder.feature_shape().numel()};
  const Tensor ones = Tensor::from(std::vector<float>(static_cast<std::size_t>(shape.numel()), 1.0f), shape)
                          .to(type)
                          .to(stream.device());
  return {"regnet_train", 3 * setup->flop, [setup, context, ones] {
            setup->encoder.parameters().gradients().zero(setup->stream);
            setup->encoder.forward(context, setup->pictures);
            setup->encoder.backward(context, ones);
          }};
}

// One step from as many pictures as captions to new weights of encoder and captioner.
BenchWork end_to_end(const BenchSizes& sizes, DType type, const Stream& stream) {
  struct Whole : Setup {
    Whole(std::int64_t N, const BenchSizes& sizes, DType type, const Stream& on)
        : Setup(N, given(sizes.image_size, 112), type, on),
          captioner(
              [&] {
                CaptionerConfig config = bench_captioner("lstm", sizes);
                config.feature_shape = encoder.feature_shape();
                config.feature_gradient = true;
                return config;
              }(),
              type, on.device()),
          batch(draw_bench_batch(N, sizes, captioner.config(), type, on.device())),
          encoder_optimizer(make_optimizer({}, encoder.parameters())),
          captioner_optimizer(make_optimizer({}, captioner.parameters())) {
      captioner.initialize(0);
    }
    CaptioningRNN captioner;
    CaptionBatch batch;
    std::unique_ptr<Optimizer> encoder_optimizer, captioner_optimizer;
  };
  auto whole = std::make_shared<Whole>(given(sizes.batch, 50), sizes, type, stream);
  const double flop = 3 * whole->flop + captioner_flop(whole->captioner.config(), whole->batch);
  const bool persistent = sizes.persistent_rnn;
  return {"e2e_train", flop, [whole, persistent] {
            const Context context{.stream = whole->stream, .training = true, .persistent_rnn = persistent};
            whole->batch.features = whole->encoder.forward(context, whole->pictures);
            whole->captioner.forward(context, whole->batch);
            whole->captioner.backward(context, whole->batch);
            whole->encoder.backward(context, whole->captioner.feature_gradient());
            whole->captioner_optimizer->step(whole->stream, 1e-3);
            whole->encoder_optimizer->step(whole->stream, 1e-3);
          }};
}

}  // namespace

std::vector<BenchMaker> picture_work() {
  using Sizes = BenchSizes;
  return {{"regnet_fwd_1", [](const Sizes& z, DType t, const Stream& s) { return inference(1, z, t, s); }},
          {"regnet_fwd_32", [](const Sizes& z, DType t, const Stream& s) { return inference(32, z, t, s); }},
          {"regnet_train", [](const Sizes& z, DType t, const Stream& s) { return training(z, t, s); }},
          {"e2e_train", [](const Sizes& z, DType t, const Stream& s) { return end_to_end(z, t, s); }}};
}

}  // namespace dlcore
