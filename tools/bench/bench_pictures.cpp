#include <memory>

#include "core/random.h"
#include "models/encoder.h"
#include "models/optimizer.h"
#include "models/regnet.h"
#include "tools/bench_work.h"

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

BenchWork inference(std::int64_t N, DType type, const Stream& stream) {
  auto setup = std::make_shared<Setup>(N, 224, type, stream);
  setup->encoder.freeze(stream);
  return {"regnet_fwd_" + std::to_string(N), setup->flop, [setup] {
            setup->encoder.forward({.stream = setup->stream}, setup->pictures);
            setup->stream.synchronize();
          }};
}

// Forward and backward of 32 pictures, without an optimiser.
BenchWork training(DType type, const Stream& stream) {
  auto setup = std::make_shared<Setup>(32, 112, type, stream);
  const Context context{.stream = stream, .training = true};
  const Tensor ones =
      Tensor::from(std::vector<float>(32 * 6400, 1.0f), {32, 6400}).to(type).to(stream.device());
  return {"regnet_train", 3 * setup->flop, [setup, context, ones] {
            setup->encoder.parameters().gradients().zero(setup->stream);
            setup->encoder.forward(context, setup->pictures);
            setup->encoder.backward(context, ones);
            setup->stream.synchronize();
          }};
}

// One step from 50 pictures to new weights of encoder and captioner.
BenchWork end_to_end(DType type, const Stream& stream) {
  struct Whole : Setup {
    Whole(DType type, const Stream& on)
        : Setup(50, 112, type, on),
          captioner(
              [] {
                CaptionerConfig config = bench_captioner("lstm");
                config.feature_gradient = true;
                return config;
              }(),
              type, on.device()),
          batch(draw_bench_batch(50, type, on.device())),
          encoder_optimizer(make_optimizer({}, encoder.parameters())),
          captioner_optimizer(make_optimizer({}, captioner.parameters())) {
      captioner.initialize(0);
    }
    CaptioningRNN captioner;
    CaptionBatch batch;
    std::unique_ptr<Optimizer> encoder_optimizer, captioner_optimizer;
  };
  auto whole = std::make_shared<Whole>(type, stream);
  const double flop = 3 * whole->flop + captioner_flop("lstm", whole->batch);
  return {"e2e_train", flop, [whole] {
            const Context context{.stream = whole->stream, .training = true};
            whole->batch.features = whole->encoder.forward(context, whole->pictures);
            whole->captioner.forward(context, whole->batch);
            whole->captioner.backward(context, whole->batch);
            whole->encoder.backward(context, whole->captioner.feature_gradient());
            whole->captioner_optimizer->step(whole->stream, 1e-3);
            whole->encoder_optimizer->step(whole->stream, 1e-3);
            whole->stream.synchronize();
          }};
}

}  // namespace

std::vector<BenchMaker> picture_work() {
  return {{"regnet_fwd_1", [](DType t, const Stream& s) { return inference(1, t, s); }},
          {"regnet_fwd_32", [](DType t, const Stream& s) { return inference(32, t, s); }},
          {"regnet_train", [](DType t, const Stream& s) { return training(t, s); }},
          {"e2e_train", [](DType t, const Stream& s) { return end_to_end(t, s); }}};
}

}  // namespace dlcore
