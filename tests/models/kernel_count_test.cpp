// How many kernels a training step calls: more of them are more launches on a GPU and more barriers on a CPU.
#include <map>

#include "core/profile.h"
#include "models/encoder.h"
#include "models/optimizer.h"
#include "tests/models/captioner_fixture.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

using Counts = std::map<std::string, int>;

template <class Work>
Counts kernels_of(const Stream& stream, Work work) {
  Profile profile(stream);
  work();
  Counts counts;
  for (const auto& span : profile.finish())
    if (span.kind == Profile::Kind::kernel) ++counts[span.name];
  return counts;
}

Counts captioner_step(const Target& target, const std::string& cell, std::int64_t N, std::int64_t words) {
  SmallModel model(target, SmallModel::config(cell),
                   draw_token_rows(std::vector<std::int64_t>(static_cast<std::size_t>(N), words), 11, 1), N);
  const auto optimizer = make_optimizer({}, model.captioner.parameters());
  GradientNorm norm(target.device());
  const auto step = [&] {
    model.captioner.parameters().gradients().zero(target.stream);
    model.captioner.forward(model.context(true), model.batch);
    model.captioner.backward(model.context(true), model.batch);
    optimizer->step(target.stream, 1e-3,
                    norm.clip(target.stream, model.captioner.parameters().gradients(), 1));
  };
  step();  // the first one may also set up
  return kernels_of(target.stream, step);
}

}  // namespace

TEST_CASE("captioner: a training step is six kernels per time step and a fixed number besides") {
  on_every_target([](const Target& target) {
    for (const std::string cell : {"rnn", "lstm"})
      for (const std::int64_t N : {1, 5})
        for (const std::int64_t words : {2, 7}) {
          INFO(cell << ", " << N << " captions of " << words << " words");
          const int T = static_cast<int>(words) + 1;  // <END> is predicted as well
          const Counts counts = captioner_step(target, cell, N, words);
          const Counts want{
              {"adam", 1},
              {"clip_scale", 1},
              {"column_sum", 3},  // of the three biases
              {"copy", T + 1},    // of the state before each step; the gradient of the first
              {"cross_entropy_gradient", 1},
              {"fill", 2},  // the loss's gradient, with 0 and 1
              // One for each time step, and of words by themselves.
              {"gather_rows", T + 1},
              // Of each time step, there and back; and three each of features, words and scores:
              // there, and back into what they are made of and into their weights; and into Wh.
              {"gemm", 2 * T + 10},
              {cell + "_cell_backward", T},
              {cell + "_cell_forward", T},
              {"scale_by", 3},
              {"scatter_add_rows", 2},
              {"sort_rows", 2},
              {"sum_losses", 1},
              {"sum_of_squares", 1},
              {"zero", 2}};
          for (const auto& [name, count] : want) {
            INFO(name);
            CHECK(counts.at(name) == count);
          }
          for (const auto& [name, count] : counts) {
            INFO(name << " " << count);
            CHECK(want.contains(name));
          }
        }
  });
}

TEST_CASE("encoder: a training step is seven kernels per convolution") {
  on_every_target_of(DType::float32, [](const Target& target) {
    Encoder encoder({.image_size = 32}, target.type, target.device());
    encoder.initialize(0);
    const Context context{.stream = target.stream, .training = true};
    const Tensor pictures = make_normal(target, {2, 32, 32, 3}, 1);
    const Counts counts = kernels_of(target.stream, [&] {
      encoder.forward(context, pictures);
      encoder.backward(context, make_normal(target, {2, 400}, 2));
    });
    // 22 blocks of three convolutions, four of them with a fourth on the way around; and the stem.
    constexpr int convolutions = 22 * 3 + 4 + 1;
    for (const char* name :
         {"convolution_forward", "batch_norm_statistics", "batch_norm_forward", "batch_norm_backward_sums",
          "batch_norm_backward", "convolution_backward_weights"}) {
      INFO(name);
      CHECK(counts.at(name) == convolutions);
    }
    CHECK(counts.at("convolution_backward_data") == convolutions - 1);  // none into the pictures
    CHECK(counts.at("add") == 22);                                      // the gradients of the two ways
    int all = 0;
    for (const auto& [name, count] : counts) all += count;
    CHECK(all - 7 * convolutions - 22 <= 4);  // features out, gradient in
  });
}
