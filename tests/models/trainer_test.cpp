// Training as a whole, on a small data file whose captions follow from the features.
#include <filesystem>
#include <sstream>

#include "core/allocator.h"
#include "io/atomic_file.h"
#include "models/model_file.h"
#include "tests/devices.h"
#include "tests/models/relative_error.h"
#include "tests/models/trainer_fixture.h"
#include "tests/sanitized.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

std::vector<std::string> lines_of(const std::string& path) {
  std::istringstream text(read_file(path));
  std::vector<std::string> lines;
  for (std::string line; std::getline(text, line);) lines.push_back(line);
  return lines;
}

}  // namespace

TEST_CASE("trainer: the learning rate follows its schedule") {
  // 48 captions: 5 steps an epoch, 15 in all.
  Run run({"optimizer.schedule=cosine", "optimizer.warmup_steps=3", "train.epochs=3"});
  run.train();
  REQUIRE(run.epochs.size() == 3);
  for (std::int64_t epoch = 1; epoch <= 3; ++epoch)
    CHECK(run.epochs[static_cast<std::size_t>(epoch - 1)].learning_rate ==
          0.02 * Schedule(run.config.schedule, 5, 3).factor(5 * epoch - 1));
  Run constant({"train.epochs=3"});
  constant.train();
  CHECK(constant.epochs.back().learning_rate == 0.02);
  CHECK(constant.epochs[1].train_loss != run.epochs[1].train_loss);
  // Without a rate nothing is learned: a warm-up of a billion steps.
  Run still({"optimizer.warmup_steps=1000000000", "train.epochs=2", "train.shuffle=false"});
  still.train();
  CHECK(relative_error(still.epochs[1].train_loss, still.epochs[0].train_loss) < 1e-3);
}

TEST_CASE("trainer: the loss falls, the image matters, the model captions what it has not seen") {
  for (const std::string cell : {"rnn", "lstm"}) {
    INFO(cell);
    Run run({"model.cell=" + cell, "model.standardize=true", "train.clip_norm=5"});
    const CaptionTask::Start start = run.task.start(run.trainer.context(false));
    CHECK(relative_error(start.expected, start.words_per_caption * std::log(12.0)) <= 1e-6);
    CHECK(relative_error(start.loss, start.expected) <= 0.3);
    run.train();
    REQUIRE(run.epochs.size() == 12);
    CHECK(run.epochs.back().train_loss < 0.3 * start.loss);
    CHECK(run.epochs.back().val_loss < 0.3 * start.loss);
    CHECK(run.epochs.back().val_loss_shuffled > run.epochs.back().val_loss + 1);
    CHECK(run.steps.size() == 12 * 5);
    CHECK(run.steps.back().step == 60);
    CHECK(run.steps.back().gradient_norm > 0);

    const std::vector<std::string> csv = lines_of(run.out + "/metrics.csv");
    REQUIRE(csv.size() == 13);
    CHECK(csv[0] ==
          "epoch,step,seconds,train_loss,val_loss,val_loss_shuffled,tokens_per_second,learning_rate");
    CHECK(csv[12].starts_with("12,60,"));
    CHECK(std::count(csv[12].begin(), csv[12].end(), ',') == 7);

    const CaptionModel model = load_model(run.out + "/model.safetensors", Device::cpu());
    CHECK(model.features_description == R"({"kind": "tiny"})");
    const CaptionSplit& val = run.data.split("val");
    const Tensor features({4, 8}, DType::float32);
    val.images.features.read(std::vector<std::int64_t>{0, 1, 2, 3}, features.data<float>());
    const auto captions = model.captioner->sample(Stream(), features, {});
    const std::vector<std::string> colours{"red", "green", "blue", "white"};
    for (std::size_t r = 0; r < 4; ++r)
      CHECK(model.vocabulary.decode(captions[r]).find(colours[r]) != std::string::npos);
  }
}

TEST_CASE("trainer: validation is the mean over captions whatever the batch, and does not change the model") {
  Run small({"train.batch=3"});
  Run large({"train.batch=1000"});
  const double loss = small.trainer.validate().loss;
  CHECK(relative_error(loss, large.trainer.validate().loss) <= 1e-6);
  CHECK(loss == small.trainer.validate().loss);
  Run single({"train.batch=1"});
  CHECK(std::isnan(*single.trainer.validate().loss_shuffled));  // no other image in a batch
  Run on_train({"data.validate_on=train", "data.train_limit=6", "train.batch=6"});
  CHECK_FALSE(on_train.data.has("val"));
  CHECK(on_train.trainer.validate().loss == on_train.task.start(on_train.trainer.context(false)).loss);
}

TEST_CASE("trainer: the same seed gives the same run") {
  const std::vector<std::string> few{"train.epochs=2", "model.dropout=0.3", "model.standardize=true"};
  Run first(few), second(few);
  first.train();
  second.train();
  CHECK(read_file(first.out + "/model.safetensors") == read_file(second.out + "/model.safetensors"));
  for (std::size_t i = 0; i < 2; ++i) CHECK(first.epochs[i].train_loss == second.epochs[i].train_loss);
}

TEST_CASE("trainer: the model file holds the best epoch, not the last") {
  // A rate that makes the validation loss rise at some time.
  Run run({"optimizer.learning_rate=0.3", "optimizer.weight_decay=0", "train.epochs=5"});
  run.train();
  double best = run.epochs[0].val_loss;
  for (const EpochMetrics& epoch : run.epochs) best = std::min(best, epoch.val_loss);
  const CaptionModel model = load_model(run.out + "/model.safetensors", Device::cpu());
  Run other({"optimizer.learning_rate=0.3"});
  for (const auto& [name, parameter] : model.captioner->parameters().entries())
    copy(Stream(), parameter->value, other.task.captioner().parameters().find(name).value);
  CHECK(other.trainer.validate().loss == best);
}

TEST_CASE("trainer: gradients of several batches make the step of one with all their captions") {
  // 48 captions: the last step is of 8, in batches of 10 as in batches of 5 and 3.
  for (const std::string clip : {"train.clip_norm=0", "train.clip_norm=0.5"}) {
    const std::vector<std::string> settings{"train.precision=float64", "train.epochs=2", clip};
    std::vector<std::string> divided = settings;
    divided.insert(divided.end(), {"train.batch=5", "train.accumulate=2"});
    Run whole(settings), parts(divided);
    whole.train();
    parts.train();
    REQUIRE(parts.steps.size() == 10);
    CHECK(parts.steps.back().steps_per_epoch == 5);
    for (std::size_t i = 0; i < 10; ++i) {
      CHECK(parts.steps[i].step == whole.steps[i].step);
      CHECK(parts.steps[i].step_in_epoch == whole.steps[i].step_in_epoch);
      CHECK(relative_error(parts.steps[i].loss, whole.steps[i].loss) <= 1e-10);
    }
    for (std::size_t epoch = 0; epoch < 2; ++epoch) {
      CHECK(relative_error(parts.epochs[epoch].train_loss, whole.epochs[epoch].train_loss) <= 1e-10);
      CHECK(relative_error(parts.epochs[epoch].val_loss, whole.epochs[epoch].val_loss) <= 1e-10);
    }
  }
}

TEST_CASE("trainer: batches of one step drop different elements") {
  const std::vector<std::string> settings{"train.epochs=1",      "model.dropout=0.5",
                                          "train.shuffle=false", "data.train_limit=2",
                                          "train.batch=1",       "optimizer.learning_rate=0"};
  std::vector<std::string> together = settings;
  together.emplace_back("train.accumulate=2");
  Run single(settings), both(together);
  single.train();
  both.train();
  // Steps 0 and 1 of one draw what batches 0 and 1 of the other's only step draw.
  CHECK(both.epochs[0].train_loss == single.epochs[0].train_loss);
}

TEST_CASE("trainer: gradients are cut off at a value") {
  // A step of plain SGD with a rate of 1 moves no weight by more than the limit, and many by just that.
  Run run({"optimizer.name=sgd", "optimizer.weight_decay=0", "optimizer.learning_rate=1",
           "train.clip_value=0.001", "train.epochs=1", "train.batch=48", "train.precision=float64"});
  const std::vector<double> before = run.task.captioner().parameters().values().to_vector<double>();
  run.train();
  const std::vector<double> after = run.task.captioner().parameters().values().to_vector<double>();
  double largest = 0;
  std::size_t at_limit = 0;
  for (std::size_t i = 0; i < before.size(); ++i) {
    const double moved = std::abs(after[i] - before[i]);
    largest = std::max(largest, moved);
    at_limit += moved > 0.000999;
  }
  CHECK(largest <= 0.001 * (1 + 1e-9));
  CHECK(at_limit > 100);
}

TEST_CASE("trainer: parameters have rates of their own") {
  Run run({"optimizer.rates=embed=0 score=0.5 score.bias=0", "train.epochs=1", "optimizer.name=sgd",
           "optimizer.weight_decay=0", "train.batch=48", "train.precision=float64"});
  Run plain({"train.epochs=1", "optimizer.name=sgd", "optimizer.weight_decay=0", "train.batch=48",
             "train.precision=float64"});
  const auto values = [](Run& of, const std::string& name) {
    return of.task.captioner().parameters().find(name).value.to_vector<double>();
  };
  const std::vector<std::string> names{"embed.weight", "score.weight", "score.bias", "cell.Wh"};
  std::vector<std::vector<double>> before;
  for (const auto& name : names) before.push_back(values(run, name));
  run.train();
  plain.train();
  const double factors[] = {0, 0.5, 0, 1};
  for (std::size_t k = 0; k < names.size(); ++k) {
    INFO(names[k]);
    const std::vector<double> got = values(run, names[k]), other = values(plain, names[k]);
    double worst = 0, moved = 0;
    for (std::size_t i = 0; i < got.size(); ++i) {
      worst = std::max(worst, std::abs((got[i] - before[k][i]) - factors[k] * (other[i] - before[k][i])));
      moved = std::max(moved, std::abs(other[i] - before[k][i]));
    }
    CHECK(moved > 1e-6);
    CHECK(worst <= 1e-12);
  }
  CHECK(lacks(error_of([] { Run({"optimizer.rates=embeds=0.1"}); }),
              {"'embeds'", "no parameter's name begins", "embed.weight"}) == "");
  CHECK(lacks(error_of([] { Run({"optimizer.rates=embed:0.1"}); }), {"optimizer.rates", "NAME=FACTOR"}) ==
        "");
  CHECK(lacks(error_of([] { Run({"optimizer.rates=embed=fast"}); }), {"embed", "'fast'"}) == "");
  CHECK(lacks(error_of([] { Run({"optimizer.rates=embed=1 embed=2"}); }), {"embed", "twice"}) == "");
}

TEST_CASE("trainer: the averaged weights are validated and kept, training goes on from the others") {
  for (const std::string precision : {"float64", "bfloat16"}) {
    INFO(precision);
    const std::string type = "train.precision=" + precision;
    Run plain({type, "train.epochs=3"}), averaged({type, "train.epochs=3", "train.average=0.9"});
    plain.train();
    averaged.train();
    for (std::size_t epoch = 0; epoch < 3; ++epoch) {
      CHECK(averaged.epochs[epoch].train_loss == plain.epochs[epoch].train_loss);
      CHECK(averaged.epochs[epoch].val_loss != plain.epochs[epoch].val_loss);
    }
    CHECK(same_bits(averaged.task.captioner().parameters().values(),
                    plain.task.captioner().parameters().values()));
  }
  // What is kept is the formula's mean of the weights after each step, one step per epoch here.
  const std::vector<std::string> settings{"train.precision=float64", "train.batch=48", "train.shuffle=false"};
  std::vector<double> mean;
  for (int steps = 1; steps <= 4; ++steps) {
    std::vector<std::string> so_far = settings;
    so_far.push_back("train.epochs=" + std::to_string(steps));
    Run run(so_far);
    run.train();
    const std::vector<double> now = run.task.captioner().parameters().values().to_vector<double>();
    const double decay = std::min(0.3, (1.0 + steps) / (10.0 + steps));
    if (steps == 1) mean = now;
    for (std::size_t i = 0; i < now.size(); ++i) mean[i] += (1 - decay) * (now[i] - mean[i]);
  }
  std::vector<std::string> with_average = settings;
  with_average.insert(with_average.end(), {"train.epochs=4", "train.average=0.3"});
  Run run(with_average);
  run.train();
  REQUIRE(run.epochs[3].val_loss < run.epochs[2].val_loss);  // so that the last ones are kept
  const CaptionModel model = load_model(run.out + "/model.safetensors", Device::cpu());
  const std::vector<double> kept = model.captioner->parameters().values().to_vector<double>();
  double worst = 0;
  for (std::size_t i = 0; i < kept.size(); ++i) worst = std::max(worst, std::abs(kept[i] - mean[i]));
  CHECK(worst <= 1e-12);
}

TEST_CASE("trainer: patience ends a training that no longer gets better") {
  Run run({"optimizer.learning_rate=0", "train.epochs=9", "train.patience=2"});
  RunDirectory directory(run.out, false);
  std::vector<bool> best;
  CHECK(run.trainer.run(directory, {.step = {}, .epoch = [&](const EpochMetrics&, bool is) {
                                      best.push_back(is);
                                    }}) == Trainer::End::patience);
  CHECK(best == std::vector<bool>{true, false, false});
  Run patient({"train.epochs=3", "train.patience=3"});
  RunDirectory other(patient.out, false);
  CHECK(patient.trainer.run(other, {}) == Trainer::End::finished);
}

TEST_CASE("trainer: images are captioned and scored at each validation, and may choose the best model") {
  for (const std::string best : {"loss", "cider", "bleu4", "rouge_l"}) {
    INFO(best);
    Run run({"model.standardize=true", "train.clip_norm=5", "train.caption_images=6", "train.best=" + best});
    run.train();
    double highest = -1;
    std::size_t where = 0;
    for (std::size_t epoch = 0; epoch < run.epochs.size(); ++epoch) {
      REQUIRE(run.epochs[epoch].captions);
      CHECK(run.epochs[epoch].captions->images == 6);
      const double figure =
          figure_of(best, {.loss = -run.epochs[epoch].val_loss, .captions = run.epochs[epoch].captions});
      if (epoch == 0 || figure > highest) {
        highest = figure;
        where = epoch;
      }
    }
    const CaptionReport& last = *run.epochs.back().captions;
    CHECK(last.scores.cider > 1);
    CHECK(last.scores.bleu[0] > 0.7);
    CHECK(last.cider_exchanged < 0.7 * last.scores.cider);
    CHECK(last.distinct >= 3);
    CHECK(last.distinct <= 6);

    // The kept model's captions have the scores of its epoch.
    const CaptionModel model = load_model(run.out + "/model.safetensors", Device::cpu());
    const CaptionSplit& val = run.data.split("val");
    const Tensor features({6, 8}, DType::float32);
    val.images.features.read(std::vector<std::int64_t>{0, 1, 2, 3, 4, 5}, features.data<float>());
    std::vector<std::string> captions;
    for (const auto& words : model.captioner->sample(Stream(), features, {.max_length = val.length - 1}))
      captions.push_back(model.vocabulary.decode(words));
    std::vector<std::vector<std::string>> references(6);
    for (std::int64_t row = 0; row < val.count(); ++row)
      if (const auto image = static_cast<std::size_t>(val.image_idxs[static_cast<std::size_t>(row)]);
          image < 6)
        references[image].push_back(model.vocabulary.decode(val.caption(row)));
    CHECK(CaptionScorer(references)(captions).corpus.cider == run.epochs[where].captions->scores.cider);
  }
  CHECK(lacks(error_of([] { Run({"train.best=cider"}); }), {"train.best is cider", "train.caption_images"}) ==
        "");
}

TEST_CASE("trainer: smoothed labels change the training loss, not the validation's") {
  Run plain({"optimizer.learning_rate=0", "train.epochs=1"});
  Run smooth({"optimizer.learning_rate=0", "train.epochs=1", "train.label_smoothing=0.1"});
  plain.train();
  smooth.train();
  CHECK(smooth.epochs[0].val_loss == plain.epochs[0].val_loss);
  CHECK(smooth.epochs[0].train_loss != plain.epochs[0].train_loss);
}

TEST_CASE("trainer: float64") {
  Run run({"train.precision=float64", "train.epochs=1"});
  run.train();
  CHECK(load_model(run.out + "/model.safetensors", Device::cpu()).captioner->dtype() == DType::float64);
}

TEST_CASE("trainer: bfloat16 learns what float32 learns, and its model is used like any other") {
  Run single, half({"train.precision=bfloat16"});
  single.train();
  half.train();
  CHECK(half.task.captioner().dtype() == DType::bfloat16);
  for (std::size_t epoch = 0; epoch < 12; ++epoch)
    CHECK(relative_error(half.epochs[epoch].train_loss, single.epochs[epoch].train_loss) < 0.03);
  CHECK(half.epochs.back().val_loss < 0.5 * half.epochs.front().val_loss);
  const CaptionModel model = load_model(half.out + "/model.safetensors", Device::cpu());
  const Tensor features =
      Tensor::from(std::vector<float>(static_cast<std::size_t>(2 * half.data.feature_shape().numel()), 0.5f),
                   {2, half.data.feature_shape().numel()});
  CHECK(model.captioner->sample(Stream(), features, {.max_length = 5}).size() == 2);
}

TEST_CASE("trainer: a GPU's run is the CPU's") {
  if (cuda_device_count() == 0) DLCORE_SKIP("there is no GPU");
  Run run({"train.precision=float64", "train.epochs=1"});
  run.train();
  Run on_gpu({"train.precision=float64", "train.epochs=1"}, Device::cuda());
  on_gpu.train();
  CHECK(relative_error(on_gpu.epochs[0].train_loss, run.epochs[0].train_loss) <= 1e-9);
  CHECK(relative_error(*on_gpu.epochs[0].val_loss_shuffled, *run.epochs[0].val_loss_shuffled) <= 1e-9);
}

TEST_CASE("trainer: no step after the first asks the system for memory") {
  if (sanitized) DLCORE_SKIP("AddressSanitizer: released blocks are not kept");
  Run run({"train.epochs=3", "model.dropout=0.2", "model.standardize=true", "train.clip_norm=1"});
  RunDirectory directory(run.out, false);
  std::int64_t before = 0;
  std::string complaint;
  Trainer::Observer observer;
  observer.step = [&](const Trainer::Step& s) {
    const std::int64_t now = allocator(Device::cpu()).statistics().system_requests;
    if (s.step > 2 && s.step_in_epoch > 1 && now != before) complaint += " step " + std::to_string(s.step);
    before = now;
  };
  run.trainer.run(directory, observer);
  CHECK(complaint == "");
}

TEST_CASE(
    "trainer: a loss that is not finite stops the run, names the step and leaves nothing half-written") {
  Run run({"optimizer.learning_rate=1e30"});
  CHECK(lacks(error_of([&] { run.train(); }), {"training stopped", "step 2 (epoch 1)", "learning rate"}) ==
        "");
  CHECK(std::filesystem::exists(run.out + "/not_finite_2.json"));
  std::filesystem::remove(run.out + "/not_finite_2.json");
  CHECK(std::filesystem::is_empty(run.out));

  // One step an epoch: it is the validation that sees it first.
  Run validating({"optimizer.learning_rate=1e30", "train.batch=48"});
  CHECK(lacks(error_of([&] { validating.train(); }),
              {"training stopped", "validation loss", "epoch 1", "learning rate"}) == "");
  CHECK(std::filesystem::is_empty(validating.out));
}

TEST_CASE("trainer: the data that a configuration names") {
  const auto error_with = [](const std::vector<std::string>& overrides) {
    return error_of([&] { open_data(parse_config("", "test", overrides)); });
  };
  CHECK(lacks(error_with({}), {"'data.captions' is empty", "'data.file'"}) == "");
  CHECK(lacks(error_with({"data.captions=a", "data.vocabulary=b"}), {"'data.train_features' is empty"}) ==
        "");
  CHECK(lacks(error_with({"data.captions=a", "data.vocabulary=b", "data.train_features=c"}),
              {"'data.val_features' is empty"}) == "");
  CHECK(lacks(error_with({"data.captions=a", "data.file=b"}), {"either data.file or", "not both"}) == "");
  CHECK(lacks(error_with({"data.train_urls=a", "data.file=b"}), {"either data.file or", "not both"}) == "");
  CHECK(lacks(error_with({"data.root=/no where", "data.file=b.h5"}), {"/no where/b.h5"}) == "");
  TinyDataFile file;
  CHECK(lacks(error_of([&] {
                const Config config = tiny_config(file.path, {"train.drop_last=true", "train.batch=49"});
                const CaptionData data = open_data(config);
                CaptionTask(config, data, Device::cpu());
              }),
              {"48 captions", "batch of 49"}) == "");
}

TEST_CASE("real data: a few steps on Flickr8k") {
  const std::string root = std::string(DLCORE_TEST_DATA) + "/flickr8k";
  if (!std::filesystem::exists(root)) DLCORE_SKIP("there is no " + root);
  const Config config = parse_config(
      "", "test",
      {"data.root=" + root, "data.captions=flickr8k_captions.h5", "data.vocabulary=flickr8k_vocab.json",
       "data.train_features=train_mobilenetv2.h5", "data.val_features=val_mobilenetv2.h5",
       "data.train_urls=train_urls.txt", "data.val_urls=val_urls.txt", "data.train_limit=400",
       "data.val_limit=100", "train.batch=100", "train.epochs=2", "model.dropout=0.5"});
  const CaptionData data = open_data(config);
  CaptionTask task(config, data, Device::cpu());
  Trainer trainer(config, task);
  const CaptionTask::Start start = task.start(trainer.context(false));
  CHECK(relative_error(start.loss, start.expected) <= 0.1);
  const TemporaryDirectory folder;
  RunDirectory directory(folder.file("run"), false);
  std::vector<double> losses;
  Trainer::Observer observer;
  observer.epoch = [&](const EpochMetrics& m, bool) { losses.push_back(m.val_loss); };
  trainer.run(directory, observer);
  REQUIRE(losses.size() == 2);
  CHECK(losses[1] < losses[0]);
}
