// A training that is interrupted anywhere and goes on is the training that is not, bit for bit.
#include "tests/models/interrupted_fixture.h"

#include <filesystem>

#include "core/random.h"
#include "io/data_file.h"
#include "tests/catch.h"
#include "tests/devices.h"
#include "tests/models/trainer_fixture.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

// Pictures of a colour each that the captions name.
struct PictureFile {
  PictureFile() {
    const Vocabulary words = TinyData::vocabulary();
    constexpr std::int64_t side = 36;
    DataFileWriter writer(path, words,
                          {.feature_shape = {}, .caption_length = 7, .creator = "test", .image_size = side});
    Random random(3);
    std::vector<std::uint8_t> pixels(side * side * 3);
    for (const std::string split : {"train", "val"})
      for (std::int64_t i = 0; i < (split == "train" ? 12 : 4); ++i) {
        const auto colour = static_cast<std::size_t>(i % 3);
        for (std::size_t k = 0; k < pixels.size(); ++k)
          pixels[k] = static_cast<std::uint8_t>((k % 3 == colour ? 150 : 20) + random.below(80));
        const std::int64_t row = writer.add_image(split, {}, i, split + std::to_string(i), pixels);
        const std::string& name = words.words()[8 + colour];
        writer.add_caption(split, row, words.encode("a " + name));
        writer.add_caption(split, row, words.encode("the " + name + " thing here"));
      }
    writer.finish();
  }

  TemporaryDirectory folder;
  std::string path = folder.file("pictures.h5");
};

// One run in one go, one that is stopped and one that crashes, again and again.
void check_continued(const std::string& data, const std::vector<std::string>& settings, int least,
                     Device device = Device::cpu()) {
  const TemporaryDirectory folder;
  const Config config = tiny_config(data, settings);
  train_interrupted(config, folder.file("whole/run"), {}, device);
  const RunResult whole = result_of(folder.file("whole/run"));
  Random random(static_cast<std::uint64_t>(settings.size()));
  for (const auto kind : {Interruption::Kind::stop, Interruption::Kind::crash}) {
    std::vector<Interruption> interruptions;
    for (int i = 0; i < 8; ++i) interruptions.push_back({kind, least + static_cast<int>(random.below(6))});
    const std::string out = folder.file(kind == Interruption::Kind::stop ? "stopped/run" : "crashed/run");
    CHECK(train_interrupted(config, out, interruptions, device) >= 2);
    CHECK(difference(whole, result_of(out)) == "");
  }
}

const std::vector<std::string> recipes[] = {
    {"model.dropout=0.3", "model.standardize=true", "train.clip_norm=1", "train.caption_images=6"},
    {"train.average=0.9", "optimizer.schedule=plateau", "optimizer.plateau=0", "train.accumulate=2",
     "train.batch=5", "train.best=rouge_l", "train.caption_images=4", "train.gallery_images=0"},
    {"train.scheduled_sampling=0.5", "data.captions_sampled=1", "optimizer.schedule=cosine",
     "optimizer.warmup_steps=3", "train.batch=7", "optimizer.name=sgd", "optimizer.momentum=0.9",
     "model.state_dropout=0.2", "train.label_smoothing=0.1"}};

}  // namespace

TEST_CASE("interrupted: training from features goes on bit for bit") {
  const TinyDataFile file;
  for (const std::string cell : {"rnn", "lstm"})
    for (const std::string precision : {"float32", "bfloat16"})
      for (const auto& recipe : recipes) {
        INFO(cell << " " << precision << " " << recipe[0]);
        std::vector<std::string> settings{"model.cell=" + cell, "train.precision=" + precision,
                                          "train.epochs=4", "train.checkpoint_every=3"};
        settings.insert(settings.end(), recipe.begin(), recipe.end());
        check_continued(file.path, settings, 6);
      }
}

TEST_CASE("interrupted: self-critical training goes on bit for bit, from before its first epoch too") {
  const TinyDataFile file;
  for (const std::string cell : {"rnn", "lstm"})
    for (const std::string precision : {"float32", "bfloat16"}) {
      INFO(cell << " " << precision);
      check_continued(
          file.path,
          {"model.cell=" + cell, "train.precision=" + precision, "train.epochs=2", "train.caption_images=8",
           "train.best=cider", "train.average=0.9", "self_critical.epochs=3", "self_critical.batch=6",
           "self_critical.samples=3", "self_critical.rate=0.2", "optimizer.schedule=cosine",
           "model.dropout=0.2", "train.checkpoint_every=3"},
          6);
    }
}

TEST_CASE("interrupted: training an encoder from pictures goes on bit for bit") {
  const PictureFile file;
  for (const std::string cell : {"rnn", "lstm"})
    for (const std::string precision : {"float32", "bfloat16"}) {
      INFO(cell << " " << precision);
      check_continued(file.path,
                      {"model.cell=" + cell, "train.precision=" + precision, "model.encoder=regnet_x_400mf",
                       "model.level=c2", "model.pool=vector", "model.normalize_features=true", "data.crop=32",
                       "data.flip=true", "train.group_captions=true", "train.batch=8", "train.epochs=3",
                       "train.freeze_encoder_epochs=1", "train.average=0.9", "optimizer.learning_rate=0.01",
                       "optimizer.encoder_learning_rate=0.001", "train.checkpoint_every=2"},
                      5);
    }
}

TEST_CASE("interrupted: on a GPU too") {
  if (cuda_device_count() == 0) DLCORE_SKIP("there is no GPU");
  const TinyDataFile file;
  for (const std::string precision : {"float32", "bfloat16"})
    check_continued(
        file.path,
        {"train.precision=" + precision, "train.epochs=3", "train.caption_images=8", "train.best=cider",
         "self_critical.epochs=2", "train.checkpoint_every=3", "model.dropout=0.2"},
        6, Device::cuda());
}

TEST_CASE("interrupted: train.patience and more epochs than were wanted at first") {
  const TinyDataFile file;
  const TemporaryDirectory folder;
  const auto config = [&](const std::string& change) {
    return tiny_config(file.path, {"train.tensorboard=false", change});  // it has the first configuration
  };
  train_interrupted(config("train.epochs=5"), folder.file("whole/run"), {});
  train_interrupted(config("train.epochs=2"), folder.file("more/run"), {});
  // The checkpoint at the end is where it goes on.
  const Config more = config("train.epochs=5");
  const CaptionData data = open_data(more);
  RunDirectory directory = RunDirectory::continued(folder.file("more/run"));
  const Checkpoint from = newest_checkpoint(folder.file("more/run"), {});
  CaptionTask task(more, data, Device::cpu(), true);
  Trainer trainer(more, task);
  CHECK(trainer.run(directory, {}, &from) == Trainer::End::finished);
  CHECK(difference(result_of(folder.file("whole/run")), result_of(folder.file("more/run"))) == "");

  const Config still =
      tiny_config(file.path, {"optimizer.learning_rate=0", "train.epochs=9", "train.patience=3"});
  train_interrupted(still, folder.file("patient/run"), {});
  CHECK(train_interrupted(still, folder.file("again/run"),
                          {{Interruption::Kind::stop, 12}, {Interruption::Kind::stop, 12}}) == 2);
  CHECK(difference(result_of(folder.file("patient/run")), result_of(folder.file("again/run"))) == "");
  CHECK(result_of(folder.file("again/run")).csv.size() == 1 + 4);
}

TEST_CASE("interrupted: the data file is cut off while the reading thread is at it") {
  const TemporaryDirectory folder;
  const std::string path = folder.file("large.h5"), out = folder.file("run");
  TinyData{.train_images = 600, .feature_shape = {4, 32, 32}}.write(path);
  const Config config = tiny_config(path, {"data.cache_mib=1", "train.epochs=3", "train.checkpoint_every=10",
                                           "train.report=false", "train.tensorboard=false"});
  const CaptionData data = open_data(config);
  CaptionTask task(config, data, Device::cpu());
  Trainer trainer(config, task);
  RunDirectory directory(out, false);
  Trainer::Observer observer;
  observer.step = [&](const Trainer::Step& step) {
    if (step.step == 25) std::filesystem::resize_file(path, std::filesystem::file_size(path) / 8);
  };
  CHECK(lacks(error_of([&] { trainer.run(directory, observer); }), {path}) == "");
  CHECK(checkpoint_files(out).at(0).ends_with("checkpoint_20.safetensors"));
  CHECK(error_of([&] { newest_checkpoint(out, {}); }) == "no error");
}

TEST_CASE("interrupted: an averaged encoder that does not learn yet stays what it is") {
  const PictureFile file;
  const TemporaryDirectory folder;
  const Config config =
      tiny_config(file.path, {"train.precision=bfloat16", "model.encoder=regnet_x_400mf", "model.level=c2",
                              "model.pool=vector", "train.epochs=1", "train.freeze_encoder_epochs=1",
                              "train.average=0.9", "train.batch=8"});
  const CaptionData data = open_data(config);
  CaptionTask task(config, data, Device::cpu());
  Trainer trainer(config, task);
  const std::vector<double> before = task.encoder()->parameters().values().to_vector<double>();
  RunDirectory directory(folder.file("run"), false);
  trainer.run(directory, {});
  CHECK(task.encoder()->parameters().values().to_vector<double>() == before);
}

TEST_CASE("interrupted: the best model is no longer there") {
  const TinyDataFile file;
  const TemporaryDirectory folder;
  const std::string out = folder.file("run");
  train_interrupted(tiny_config(file.path, {"train.epochs=2"}), out, {});
  std::filesystem::remove(out + "/model.safetensors");
  const Config more = tiny_config(file.path, {"train.epochs=3", "optimizer.learning_rate=0.02"});
  const CaptionData data = open_data(more);
  RunDirectory directory = RunDirectory::continued(out);
  const Checkpoint from = newest_checkpoint(out, {});
  CaptionTask task(more, data, Device::cpu(), true);
  Trainer trainer(more, task);
  std::vector<std::string> warnings;
  Trainer::Observer observer;
  observer.warning = [&](const std::string& text) { warnings.push_back(text); };
  trainer.run(directory, observer, &from);
  REQUIRE(warnings.size() == 1);
  CHECK(lacks(warnings[0], {out + "/model.safetensors", "the model of epoch 2", "not there any more"}) == "");
  CHECK(std::filesystem::exists(out + "/model.safetensors"));
  CHECK(trainer.progress().best_epoch == 3);
}
