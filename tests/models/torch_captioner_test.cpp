// The whole captioner against PyTorch: golden/captioner_{rnn,lstm}.safetensors, whose limits golden/README.md
// gives.
#include "io/safetensors.h"
#include "layers/embedding.h"
#include "layers/linear.h"
#include "models/optimizer.h"
#include "tests/golden_cases.h"
#include "tests/models/captioner_fixture.h"
#include "tests/models/relative_error.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

const std::int64_t N = 6, T = 9, D = 12, W = 8, H = 16, V = 23;

double limit_of(const Target& target) {
  return target.type == DType::float64 ? 1e-12 : 1e-5;
}

// Absolute.
void check_stored(const Target& target, const std::string& name, const std::vector<double>& got,
                  const Tensor& want_tensor) {
  const std::vector<double> want = numbers(want_tensor);
  REQUIRE(got.size() == want.size());
  double worst = 0;
  for (std::size_t i = 0; i < got.size(); ++i) {
    REQUIRE(std::isfinite(got[i]));
    worst = std::max(worst, std::abs(got[i] - want[i]));
  }
  INFO(target.name << ", " << name);
  CHECK(worst <= limit_of(target));
}

class Dump {
 public:
  Dump(const Target& target, const std::string& cell)
      : file_(std::string(DLCORE_TEST_GOLDEN) + "/captioner_" + cell + ".safetensors"), target_(target) {}

  Tensor read(const std::string& name) const { return file_.read(name); }
  Tensor on_device(const std::string& name) const { return read(name).to(target_.type).to(target_.device()); }
  void load(const ParameterSet& parameters) const {
    for (const auto& [name, parameter] : parameters.entries())
      copy(target_.stream, on_device("initial." + name), parameter->value);
  }

 private:
  SafetensorsReader file_;
  Target target_;
};

CaptionerConfig dump_config(const std::string& cell) {
  return {.cell = cell,
          .feature_shape = {D},
          .vocabulary_size = V,
          .wordvec_dim = W,
          .hidden_dim = H,
          .feature_gradient = true};
}

template <class F>
void for_both_cells(F f) {
  for (const std::string cell : {"rnn", "lstm"})
    for (const DType type : {DType::float64, DType::float32})
      on_every_target_of(type, [&](const Target& target) {
        INFO(cell);
        f(target, cell, Dump(target, cell));
      });
}

}  // namespace

TEST_CASE("PyTorch: loss and every gradient of the captioner, and ten steps of AdamW") {
  for_both_cells([](const Target& target, const std::string& cell, const Dump& dump) {
    CaptioningRNN captioner(dump_config(cell), target.type, target.device());
    dump.load(captioner.parameters());
    const CaptionBatch batch = make_caption_batch(dump.read("captions").to_vector<std::int32_t>(), T + 1,
                                                  dump.on_device("features"), 0);
    const auto optimizer = make_optimizer({.name = "adamw", .learning_rate = 1e-2, .weight_decay = 1e-2},
                                          captioner.parameters());
    const std::vector<double> losses = numbers(dump.read("losses"));
    REQUIRE(losses.size() == 11);
    for (std::size_t step = 0; step <= 10; ++step) {
      const Context context{.stream = target.stream, .training = true, .step = step};
      const double loss = numbers(captioner.forward(context, batch))[0];
      INFO("step " << step);
      CHECK(relative_error(loss, losses[step]) <= limit_of(target));
      if (step == 10) break;
      captioner.backward(context, batch);
      if (step == 0) {
        for (const auto& [name, parameter] : captioner.parameters().entries())
          check_stored(target, "grad." + name, numbers(parameter->gradient), dump.read("grad." + name));
        // The batch is sorted by length; the dump is not.
        const std::vector<double> sorted = numbers(captioner.feature_gradient());
        std::vector<double> gradient(sorted.size());
        for (std::size_t r = 0; r < batch.rows.size(); ++r)
          std::copy_n(sorted.begin() + static_cast<std::ptrdiff_t>(r) * D, D,
                      gradient.begin() + static_cast<std::ptrdiff_t>(batch.rows[r]) * D);
        check_stored(target, "grad.features", gradient, dump.read("grad.features"));
      }
      optimizer->step(target.stream, 1e-2);
    }
    for (const auto& [name, parameter] : captioner.parameters().entries())
      check_stored(target, "after10." + name, numbers(parameter->value), dump.read("after10." + name));
  });
}

TEST_CASE("PyTorch: words that are no input have a gradient of exactly zero") {
  for_both_cells([](const Target& target, const std::string& cell, const Dump& dump) {
    CaptioningRNN captioner(dump_config(cell), target.type, target.device());
    dump.load(captioner.parameters());
    const CaptionBatch batch = make_caption_batch(dump.read("captions").to_vector<std::int32_t>(), T + 1,
                                                  dump.on_device("features"), 0);
    const Context context{.stream = target.stream, .training = true};
    captioner.forward(context, batch);
    captioner.backward(context, batch);
    const std::vector<double> got = numbers(captioner.parameters().find("embed.weight").gradient);
    const std::vector<double> want = numbers(dump.read("grad.embed.weight"));
    std::int64_t zeros = 0;
    for (std::size_t i = 0; i < want.size(); ++i) {
      if (want[i] != 0) continue;
      ++zeros;
      CHECK(got[i] == 0);
    }
    CHECK(zeros == 9 * W);
  });
}

TEST_CASE("PyTorch: the scores of every step, by the captioner's layers") {
  for_both_cells([](const Target& target, const std::string& cell, const Dump& dump) {
    Linear project(D, H);
    Embedding embed(V, W);
    std::unique_ptr<RecurrentLayer> recurrent;
    if (cell == "rnn")
      recurrent = std::make_unique<RNN>(W, H);
    else
      recurrent = std::make_unique<LSTM>(W, H);
    VocabularyLoss score(H, V);
    ParameterSet set;
    set.add("project", project.parameters());
    set.add("embed", embed.parameters());
    set.add("cell", recurrent->parameters());
    set.add("score", score.parameters());
    set.allocate(target.type, target.device());
    dump.load(set);

    const Packing packing = Packing::full(N, T);
    const Context context{.stream = target.stream, .packing = &packing};
    const std::vector<std::int32_t> captions = dump.read("captions").to_vector<std::int32_t>();
    std::vector<std::int32_t> inputs;
    for (std::int64_t t = 0; t < T; ++t)
      for (std::int64_t n = 0; n < N; ++n)
        inputs.push_back(captions[static_cast<std::size_t>(n * (T + 1) + t)]);
    const Tensor h0 = LayerCall(project).forward(context, {dump.on_device("features")})[0];
    const Tensor x = LayerCall(embed).forward(context, {make_indices(target, inputs)})[0];
    const Tensor h = LayerCall(*recurrent).forward(context, {x, h0})[0];
    const Tensor scores({N * T, V}, target.type, target.device());
    score.scores(target.stream, h, scores);
    check_stored(target, "scores", batch_major(numbers(scores), N, T), dump.read("scores"));
  });
}

TEST_CASE("PyTorch: greedy words") {
  for_both_cells([](const Target& target, const std::string& cell, const Dump& dump) {
    CaptioningRNN captioner(dump_config(cell), target.type, target.device());
    dump.load(captioner.parameters());
    const std::vector<std::int32_t> greedy = dump.read("greedy").to_vector<std::int32_t>();
    const Tensor features = dump.on_device("features");
    const auto fixed = captioner.sample(target.stream, features, {.max_length = 10, .fixed_length = true});
    const auto stopped = captioner.sample(target.stream, features, {.max_length = 10});
    REQUIRE(fixed.size() == 6);
    for (std::size_t r = 0; r < 6; ++r) {
      const std::vector<std::int32_t> row(greedy.begin() + static_cast<std::ptrdiff_t>(10 * r),
                                          greedy.begin() + static_cast<std::ptrdiff_t>(10 * r + 10));
      std::vector<std::int32_t> with_start{1};
      with_start.insert(with_start.end(), row.begin(), row.end());
      CHECK(fixed[r] == with_start);
      CHECK(stopped[r] == std::vector<std::int32_t>(row.begin(), std::find(row.begin(), row.end(), 2)));
    }
  });
}
