// dlcore_train and bad input: one clear sentence, exit code 1, nothing half-written.
#include <cmath>
#include <filesystem>
#include <functional>

#include "io/atomic_file.h"
#include "tests/catch.h"
#include "tests/tools/bad_data.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

/// `spoil` changes the data before they are written, `break_files` the files afterwards.
void check_refused(const std::function<void(BadData&)>& spoil, const std::vector<std::string>& parts,
                   const std::vector<std::string>& arguments = {},
                   const std::function<void(const BadData&)>& break_files = {}) {
  BadData data;
  if (spoil) spoil(data);
  data.write();
  if (break_files) break_files(data);
  CHECK(not_refused("train", data.train(arguments), parts) == "");
  CHECK(leftovers(data.folder.path().string()) == "");
}

void check_config(const std::string& yaml, const std::vector<std::string>& parts) {
  check_refused([&](BadData& data) { data.config += yaml; }, parts);
}

void check_option(const std::vector<std::string>& arguments, const std::vector<std::string>& parts) {
  check_refused({}, parts, arguments);
}

void cut(const std::string& path, std::size_t bytes) {
  std::filesystem::resize_file(path, bytes);
}

}  // namespace

TEST_CASE("train: the data that the errors below are made from are good") {
  BadData data;
  data.write();
  const ProgramResult result = data.train();
  INFO(result.err);
  CHECK(result.code == 0);
  CHECK(result.err.empty());
  CHECK(std::filesystem::exists(data.model()));
}

TEST_CASE("train: files that are missing, cut short or something else") {
  check_refused({}, {"captions.h5"}, {},
                [](const BadData& d) { std::filesystem::remove(d.folder.file("captions.h5")); });
  check_refused({}, {"val.h5"}, {},
                [](const BadData& d) { std::filesystem::remove(d.folder.file("val.h5")); });
  check_refused({}, {"vocab.json"}, {},
                [](const BadData& d) { std::filesystem::remove(d.folder.file("vocab.json")); });
  check_refused({}, {"config.yaml"}, {},
                [](const BadData& d) { std::filesystem::remove(d.folder.file("config.yaml")); });
  check_refused({}, {"captions.h5", "truncated"}, {}, [](const BadData& d) {
    cut(d.folder.file("captions.h5"), std::filesystem::file_size(d.folder.file("captions.h5")) - 8);
  });
  check_refused({}, {"train.h5"}, {}, [](const BadData& d) { cut(d.folder.file("train.h5"), 100); });
  check_refused({}, {"train.h5"}, {}, [](const BadData& d) { cut(d.folder.file("train.h5"), 0); });
  check_refused({}, {"train.h5", "HDF5"}, {}, [](const BadData& d) {
    write_file_atomically(d.folder.file("train.h5"), "not what it should be");
  });
  check_refused([](BadData& d) { d.words.pop_back(); }, {"vocab.json", "JSON"});
  check_refused([](BadData& d) { d.words = R"({"idx_to_word": ["a", "b"]})"; }, {"vocab.json", "<NULL>"});
}

TEST_CASE("train: datasets that are missing or of the wrong type or shape") {
  check_refused([](BadData& d) { d.train_captions.name = "captions"; }, {"captions.h5", "train_captions"});
  check_refused([](BadData& d) { d.val_features.name = "feats"; }, {"val.h5", "features", "feats"});
  check_refused([](BadData& d) { d.train_captions.type = OddType::float32; },
                {"train_captions", "captions.h5", "integers", "float32"});
  check_refused([](BadData& d) { d.train_features.type = OddType::int32; },
                {"train.h5", "floating", "int32"});
  check_refused([](BadData& d) { d.train_captions.shape = {16}; }, {"train_captions", "[16]"});
  check_refused([](BadData& d) { d.train_features.shape = {2, 3, 1}; }, {"train.h5", "[2, 3, 1]"});
  check_refused([](BadData& d) { d.val_features.shape = {3, 2}; }, {"different", "[3]", "[2]", "val.h5"});
  check_refused(
      [](BadData& d) {
        d.train_idxs.shape = {3};
        d.train_idxs.values = {0, 1, 0};
      },
      {"train_captions", "4 captions", "3 image indices"});
}

TEST_CASE("train: values that cannot be") {
  check_refused([](BadData& d) { d.train_captions.values[5] = 6; },
                {"train_captions", "token 6", "caption 1", "6 words"});
  check_refused([](BadData& d) { d.val_captions.values[1] = -1; }, {"val_captions", "token -1"});
  check_refused([](BadData& d) { d.train_idxs.values[2] = 2; },
                {"train_image_idxs", "holds 2 at row 2", "2 rows"});
  check_refused(
      [](BadData& d) {
        d.val_captions.shape = {0, 4};
        d.val_captions.values = {};
        d.val_idxs.shape = {0};
        d.val_idxs.values = {};
      },
      {"val_captions", "empty"});
  check_refused(
      [](BadData& d) {
        d.train_features.shape = {0, 3};
        d.train_features.values = {};
      },
      {"train.h5", "empty"});
}

TEST_CASE("train: NaN in the features, wherever it is met") {
  const auto nan_at = [](OddDataset& dataset, std::size_t i) { dataset.values[i] = std::nan(""); };
  check_refused([&](BadData& d) { nan_at(d.train_features, 1); }, {"train.h5", "row 0", "nan"});
  check_refused([&](BadData& d) { nan_at(d.train_features, 4); }, {"train.h5", "row 1", "nan"},
                {"--set", "model.standardize=true"});
  // In the second batch of an epoch, and in validation: after training has begun.
  check_refused(
      [&](BadData& d) {
        d.train_idxs.values = {0, 0, 1, 1};
        nan_at(d.train_features, 5);
      },
      {"train.h5", "row 1", "nan"}, {"--set", "train.shuffle=false"});
  check_refused([&](BadData& d) { nan_at(d.val_features, 5); }, {"val.h5", "row 1", "nan"});
  check_refused([&](BadData& d) { d.val_features.values[0] = INFINITY; }, {"val.h5", "row 0", "inf"});
}

TEST_CASE("train: keys that are unknown, mistyped or there twice") {
  check_config("  epoch: 3\n", {"config.yaml", "unknown key 'train.epoch' (line 12)", "train.epochs"});
  check_config("optimiser:\n  name: sgd\n", {"unknown key 'optimiser' (line 12)", "optimizer"});
  check_config("  shuffle: maybe\n",
               {"config.yaml: line 12", "'train.shuffle' must be true or false, not 'maybe'"});
  check_config("  batch: 3\n", {"'train.batch' is there twice, first at line 11"});
  check_config("]\n", {"config.yaml", "not valid YAML"});
  check_option({"--set", "train.epoch=3"}, {"--set train.epoch=3", "unknown key", "train.epochs"});
  check_option({"--set", "train.epochs"}, {"--set train.epochs", "KEY=VALUE"});
  check_option({"--set", "train.epochs=two"}, {"'train.epochs' must be an integer, not 'two'"});
  check_option({"--set", "model.cell=gru"}, {"'model.cell' must be one of lstm, rnn, not 'gru'"});
  check_option({"--set", "data.file=other.h5"}, {"data.file", "data.captions", "not both"});
  check_option({"--set", "data.captions="}, {"'data.captions' is empty"});
}

TEST_CASE("train: sizes that are zero or negative") {
  for (const std::string key : {"model.wordvec_dim", "model.hidden_dim", "train.batch"})
    for (const std::string value : {"0", "-2"})
      check_option({"--set", key + "=" + value}, {"'" + key + "' must be at least 1, not " + value});
  check_option({"--set", "train.epochs=-2"}, {"'train.epochs' must be at least 0, not -2"});
  check_option({"--set", "train.epochs=0"}, {"nothing to train", "train.epochs", "self_critical.epochs"});
  check_option({"--set", "train.drop_last=true", "--set", "train.batch=5"}, {"4 captions", "batch of 5"});
}

TEST_CASE("train: an output folder that cannot be written, or that holds a run") {
  const TemporaryDirectory elsewhere;
  write_file_atomically(elsewhere.file("file"), "x");
  check_option({"--out", elsewhere.file("file")}, {"output folder", elsewhere.file("file")});
  check_option({"--out", elsewhere.file("file/run")}, {"output folder", "cannot be made"});
  check_option({"--out", "/proc/dlcore"}, {"/proc/dlcore", "cannot be made"});
  CHECK(elsewhere.entries() == 1);

  BadData data;
  data.write();
  REQUIRE(data.train().code == 0);
  const std::string model = read_file(data.model());
  CHECK(not_refused("train", data.train({"--set", "train.seed=3"}), {data.out(), "holds a run already"}) ==
        "");
  CHECK(read_file(data.model()) == model);
  CHECK(data.train({"--set", "train.seed=3", "--overwrite"}).code == 0);
  CHECK(read_file(data.model()) != model);
}

TEST_CASE("train: a loss that is not finite") {
  check_option({"--set", "optimizer.learning_rate=1e30"},
               {"training stopped", "step 2 (epoch 1) is not a number", "clip_norm"});
}
