// Self-critical training: the weighted gradient, the captions drawn, and that they become better.
#include "models/self_critical.h"

#include <cmath>
#include <map>
#include <set>

#include "tests/error_message.h"
#include "tests/models/captioner_fixture.h"
#include "tests/models/relative_error.h"
#include "tests/models/trainer_fixture.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

// A weight for each target, the same for all words of a caption; of both signs.
Tensor weights_of(const Target& target, const Packing& packing, const std::vector<double>& of_captions) {
  std::vector<double> weights;
  for (const std::int64_t size : packing.sizes())
    weights.insert(weights.end(), of_captions.begin(), of_captions.begin() + size);
  return make(in_arithmetic(target), weights);
}

struct Drawing {
  explicit Drawing(SelfCriticalConfig config = {.samples = 4})
      : data(file.open()),
        captioner({.feature_shape = data.feature_shape(),
                   .vocabulary_size = data.vocabulary().size(),
                   .wordvec_dim = 6,
                   .hidden_dim = 9},
                  DType::float64, Device::cpu()),
        self_critical(data.split("train"), data.vocabulary(), config) {
    captioner.initialize(3);
  }

  DrawnCaptions draw(const std::vector<std::int32_t>& images, std::uint64_t step = 5) {
    const std::int64_t D = data.feature_size(), U = static_cast<std::int64_t>(images.size());
    CaptionBatch batch;
    const Tensor features({U, D}, DType::float32);
    data.split("train").images.features.read(std::vector<std::int64_t>(images.begin(), images.end()),
                                             features.data<float>());
    batch.features = features.to(DType::float64);
    batch.images = images;
    return self_critical.draw({.stream = {}, .seed = 1, .step = step}, captioner, batch);
  }

  TinyDataFile file;
  CaptionData data;
  CaptioningRNN captioner;
  SelfCritical self_critical;
};

// The words of each sequence of a batch, by what it was before it was sorted.
std::map<std::int64_t, std::vector<std::int32_t>> words_of(const CaptionBatch& batch) {
  std::map<std::int64_t, std::vector<std::int32_t>> words;
  const auto targets = batch.targets.to_vector<std::int32_t>();
  std::size_t k = 0;
  for (const std::int64_t place : batch.rows) words[place];
  for (const std::int64_t size : batch.packing.sizes())
    for (std::int64_t r = 0; r < size; ++r)
      words[batch.rows[static_cast<std::size_t>(r)]].push_back(targets[k++]);
  return words;
}

}  // namespace

TEST_CASE("self-critical: the gradient of weighted captions is that of finite differences") {
  const std::vector<std::int32_t> captions =
      token_rows({{1, 5, 6, 7, 8, 9, 2}, {1, 3, 10, 4, 2}, {1, 7, 7, 2}, {1, 2}});
  on_every_target_of(DType::float64, [&](const Target& target) {
    for (const std::string cell : {"rnn", "lstm"}) {
      SmallModel model(target, SmallModel::full_config(cell), captions, 4);
      Context context = model.context(true);
      context.target_weights = weights_of(target, model.batch.packing, {0.5, -1.25, 2, -0.75});
      const auto loss = [&] { return numbers(model.captioner.forward(context, model.batch)); };
      model.captioner.parameters().gradients().zero(target.stream);
      loss();
      model.captioner.backward(context, model.batch);
      check_gradients(target, model.gradients(), loss, {.all_up_to = 60});
    }
  });
}

TEST_CASE("self-critical: one weight for all captions multiplies the gradient of cross-entropy by it") {
  const std::vector<std::int32_t> captions = token_rows({{1, 5, 6, 7, 2}, {1, 3, 10, 2}, {1, 7, 2}});
  on_every_target([&](const Target& target) {
    CaptionerConfig config = SmallModel::full_config("lstm");
    SmallModel model(target, config, captions, 3);
    const double plain = model.run();
    const std::vector<Variable> want = model.gradients();
    config.label_smoothing = 0.2;  // is not for captions with weights
    SmallModel smoothed(target, config, captions, 3);
    for (const double weight : {1.0, -2.0}) {
      Context context = smoothed.context(true);
      context.target_weights = weights_of(target, smoothed.batch.packing, std::vector(3, weight));
      smoothed.captioner.parameters().gradients().zero(target.stream);
      const double loss = numbers(smoothed.captioner.forward(context, smoothed.batch))[0];
      smoothed.captioner.backward(context, smoothed.batch);
      CHECK(relative_error(loss, weight * plain) <= 1e-5);
      check_same_gradients(target, smoothed.gradients(), want, weight);
      if (weight == 1)
        for (std::size_t i = 0; i < want.size(); ++i)
          CHECK(same_bits(smoothed.gradients()[i].gradient, want[i].gradient));
    }
  });
}

TEST_CASE("self-critical: as many weights as targets") {
  on_every_target_of(DType::float32, [](const Target& target) {
    SmallModel model(target, SmallModel::config("lstm"), token_rows({{1, 5, 6, 7, 2}}), 1);
    Context context = model.context(true);
    context.target_weights = make_zeros(target, {3});
    CHECK(lacks(error_of([&] { model.captioner.forward(context, model.batch); }),
                {"4 targets", "as many weights", "[3]"}) == "");
  });
}

TEST_CASE("self-critical: a caption's advantage is its reward less the mean of the image's others") {
  const std::vector<double> rewards{1, 2, 6, 4, 4, 4};
  const std::vector<double> want{1 - 4.0, 2 - 3.5, 6 - 1.5, 0, 0, 0};
  CHECK(advantages(rewards, 3) == want);
  CHECK(advantages(std::vector<double>{1, 3}, 2) == std::vector<double>{-2, 2});
  CHECK(lacks(error_of([&] { advantages(rewards, 1); }), {"at least 2 captions", "not 1"}) == "");
}

TEST_CASE("self-critical: drawn captions are a batch with their images' features and their advantages") {
  Drawing drawing;
  const std::vector<std::int32_t> images{7, 2, 11};
  const DrawnCaptions drawn = drawing.draw(images);
  const CaptionBatch& batch = drawn.batch;
  REQUIRE(batch.count() == 12);
  const auto words = words_of(batch);
  std::vector<std::vector<std::int32_t>> captions;
  std::vector<std::int32_t> of;
  for (const auto& [place, caption] : words) {  // in the order in which they were drawn
    captions.push_back(caption);
    of.push_back(images[static_cast<std::size_t>(place / 4)]);
    CHECK(caption.size() <= 6);
    CHECK((caption.back() == 2 || caption.size() == 6));
    for (const auto word : caption) CHECK(word >= 2);  // no <NULL>, <START>
  }
  const std::vector<double> rewards =
      CaptionRewards(drawing.data.split("train"), drawing.data.vocabulary(), 0)(of, captions);
  double mean = 0;
  for (const double reward : rewards) mean += reward / 12;
  CHECK(relative_error(drawn.reward, mean) <= 1e-12);
  CHECK(mean > 0);
  const std::vector<double> worth = advantages(rewards, 4),
                            weights = drawn.target_weights.to_vector<double>();
  const auto rows = batch.picture_rows.to_vector<std::int32_t>();
  std::size_t k = 0;
  for (const std::int64_t size : batch.packing.sizes())
    for (std::int64_t r = 0; r < size; ++r)
      CHECK(weights[k++] == worth[static_cast<std::size_t>(batch.rows[static_cast<std::size_t>(r)])]);
  for (std::size_t r = 0; r < 12; ++r) {
    CHECK(rows[r] == batch.rows[r] / 4);
    CHECK(batch.images[r] == images[static_cast<std::size_t>(rows[r])]);
    const Tensor feature({1, drawing.data.feature_size()}, DType::float32);
    drawing.data.split("train").images.features.read(std::vector<std::int64_t>{batch.images[r]},
                                                     feature.data<float>());
    CHECK(same_bits(batch.features.rows(static_cast<std::int64_t>(r), static_cast<std::int64_t>(r) + 1),
                    feature.to(DType::float64)));
  }
  // Without weights the batch's loss is what the model gave the captions as it drew them.
  const double loss =
      drawing.captioner.forward({.stream = {}, .training = true}, batch).to_vector<double>()[0];
  CHECK(relative_error(loss, drawn.loss) <= 1e-9);
}

TEST_CASE("self-critical: with cross-entropy, one of each image's own captions comes to the drawn ones") {
  constexpr double weight = 0.25;
  Drawing plain, mixed({.samples = 4, .cross_entropy = weight});
  const std::vector<std::int32_t> images{7, 2, 11};
  const DrawnCaptions without = plain.draw(images), drawn = mixed.draw(images);
  CHECK(drawn.reward == without.reward);
  CHECK(drawn.loss == without.loss);
  REQUIRE(drawn.batch.count() == 15);
  auto words = words_of(drawn.batch);
  const CaptionSplit& split = mixed.data.split("train");
  for (std::size_t u = 0; u < images.size(); ++u) {
    const auto own = words.extract(static_cast<std::int64_t>(12 + u)).mapped();
    bool found = false;
    for (std::int64_t row = 0; row < split.count(); ++row) {
      const auto caption = split.caption(row);
      found = found || (split.image_idxs[static_cast<std::size_t>(row)] == images[u] &&
                        std::equal(own.begin(), own.end(), caption.begin() + 1));
    }
    CHECK(found);
    CHECK(own.back() == 2);
  }
  CHECK(words == words_of(without.batch));

  // The gradient is the sum of that of the drawn captions and that of cross-entropy of the own ones.
  const auto gradient = [](Drawing& drawing, const CaptionBatch& batch, const Tensor& weights) {
    Context context{.stream = {}, .training = true};
    context.target_weights = weights;
    drawing.captioner.parameters().gradients().zero({});
    drawing.captioner.forward(context, batch);
    drawing.captioner.backward(context, batch);
    return drawing.captioner.parameters().gradients().to_vector<double>();
  };
  const std::vector<double> whole = gradient(mixed, drawn.batch, drawn.target_weights),
                            part = gradient(plain, without.batch, without.target_weights);
  // Only the own captions: the others' weights are 0, so the mean over 15 is a fifth of that over 3.
  std::vector<double> only_own = drawn.target_weights.to_vector<double>();
  std::size_t k = 0;
  for (const std::int64_t size : drawn.batch.packing.sizes())
    for (std::int64_t r = 0; r < size; ++r, ++k)
      only_own[k] = drawn.batch.rows[static_cast<std::size_t>(r)] < 12 ? 0 : weight;
  const std::vector<double> rest =
      gradient(mixed, drawn.batch, Tensor::from(only_own, {drawn.batch.packing.tokens()}));
  double largest = 0;
  for (const double each : whole) largest = std::max(largest, std::abs(each));
  CHECK(largest > 0);
  for (std::size_t i = 0; i < whole.size(); ++i)
    CHECK(std::abs(whole[i] - part[i] - 5 * rest[i]) <= 1e-12 * largest);
}

TEST_CASE("self-critical: the own captions change from step to step") {
  Drawing drawing({.samples = 2, .cross_entropy = 1});
  std::set<std::vector<std::int32_t>> own;
  for (std::uint64_t step = 0; step < 20; ++step) own.insert(words_of(drawing.draw({3}, step).batch).at(2));
  CHECK(own.size() == 2);  // all that the image has
}

TEST_CASE("self-critical: what is drawn follows from seed, step and image") {
  Drawing drawing;
  const auto first = words_of(drawing.draw({7, 2, 11}).batch),
             again = words_of(drawing.draw({7, 2, 11}).batch);
  CHECK(first == again);
  CHECK(first != words_of(drawing.draw({7, 2, 11}, 6).batch));
  const auto other = words_of(drawing.draw({5, 11}).batch);
  for (std::int64_t sample = 0; sample < 4; ++sample) CHECK(other.at(4 + sample) == first.at(8 + sample));
}

TEST_CASE("trainer: self-critical epochs raise the reward of what the model draws") {
  const std::vector<std::string> settings{
      "train.epochs=3",        "train.caption_images=8",  "train.best=cider",
      "train.clip_norm=5",     "model.standardize=true",  "self_critical.epochs=12",
      "self_critical.batch=6", "self_critical.samples=4", "self_critical.rate=0.2"};
  for (const std::string cell : {"lstm", "rnn"}) {
    INFO(cell);
    std::vector<std::string> changes = settings;
    changes.push_back("model.cell=" + cell);
    Run run(changes);
    run.train();
    REQUIRE(run.epochs.size() == 15);
    for (std::size_t epoch = 0; epoch < 3; ++epoch) CHECK(std::isnan(*run.epochs[epoch].reward));
    const double before = *run.epochs[3].reward, after = *run.epochs[14].reward;
    INFO(before << " " << after);
    CHECK(after > 1.5 * before);
    CHECK(run.epochs[14].captions->scores.cider >= run.epochs[2].captions->scores.cider);
    CHECK(run.steps.size() == 3 * 5 + 12 * 4);
    CHECK(run.steps.back().step == run.steps.back().steps_in_all);
    CHECK(run.steps.back().gradient_norm > 0);
    CHECK(run.epochs[14].learning_rate == 0.2 * 0.02);

    Run again(changes);
    again.train();
    CHECK(
        same_bits(again.task.captioner().parameters().values(), run.task.captioner().parameters().values()));
  }
}

TEST_CASE("trainer: self-critical epochs by themselves, of a model that there is") {
  Run first({"train.epochs=4"});
  first.train();
  Run run({"model.weights=" + first.out + "/model.safetensors", "train.epochs=0", "train.caption_images=8",
           "train.best=cider", "self_critical.epochs=2", "train.average=0.9", "train.precision=bfloat16",
           "model.dropout=0.2", "self_critical.bleu4=0.5", "self_critical.cross_entropy=0.1"});
  run.train();
  CHECK(run.epochs.size() == 2);
  CHECK(run.epochs[0].epoch == 1);
  CHECK(*run.epochs[1].reward > 0);
}

TEST_CASE("trainer: a self-critical configuration that cannot be") {
  CHECK(lacks(error_of([] { Run({"self_critical.epochs=2"}); }),
              {"self_critical.epochs is 2", "train.best"}) == "");
  CHECK(lacks(error_of([] { Run({"train.epochs=0"}); }), {"nothing to train"}) == "");
}

TEST_CASE("trainer: a GPU's self-critical run is the CPU's") {
  if (cuda_device_count() == 0) DLCORE_SKIP("there is no GPU");
  const std::vector<std::string> settings{"train.precision=float64", "train.epochs=1",
                                          "train.caption_images=8", "train.best=cider",
                                          "self_critical.epochs=1"};
  Run run(settings), on_gpu(settings, Device::cuda());
  run.train();
  on_gpu.train();
  CHECK(relative_error(*on_gpu.epochs[1].reward, *run.epochs[1].reward) <= 1e-9);
}
