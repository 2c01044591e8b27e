// The folder of a training run.
#include "models/run_directory.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>

#include "io/atomic_file.h"
#include "tests/catch.h"
#include "tests/error_message.h"
#include "tests/temporary_directory.h"

using namespace dlcore;
using namespace dlcore::test;

TEST_CASE("run directory: it makes folders and writes its files whole") {
  const TemporaryDirectory folder;
  RunDirectory run(folder.file("a/b"), false);
  CHECK(run.path() == folder.file("a/b"));
  CHECK(run.model_path() == folder.file("a/b/model.safetensors"));
  run.write_config("model:\n");
  CHECK(read_file(folder.file("a/b/config.yaml")) == "model:\n");
  run.append({.epoch = 1,
              .step = 7,
              .seconds = 1.5,
              .train_loss = 4.25,
              .val_loss = 5,
              .val_loss_shuffled = 6,
              .items_per_second = 100,
              .learning_rate = 1e-3});
  run.append({.epoch = 2, .step = 14, .val_loss_shuffled = std::numeric_limits<double>::quiet_NaN()});
  CHECK(read_file(folder.file("a/b/metrics.csv")) ==
        "epoch,step,seconds,train_loss,val_loss,val_loss_shuffled,tokens_per_second,learning_rate\n"
        "1,7,1.500,4.250000,5.000000,6.000000,100.0,0.001\n"
        "2,14,0.000,0.000000,0.000000,nan,0.0,0\n");
  CHECK(read_file(folder.file("a/b/metrics.jsonl")) ==
        R"({"epoch": 1, "step": 7, "seconds": 1.500, "train_loss": 4.250000, "val_loss": 5.000000, )"
        R"("val_loss_shuffled": 6.000000, "tokens_per_second": 100.0, "learning_rate": 0.001})"
        "\n"
        R"({"epoch": 2, "step": 14, "seconds": 0.000, "train_loss": 0.000000, "val_loss": 0.000000, )"
        R"("val_loss_shuffled": null, "tokens_per_second": 0.0, "learning_rate": 0})"
        "\n");
}

TEST_CASE("run directory: scores of captions have columns of their own") {
  const TemporaryDirectory folder;
  RunDirectory run(folder.path(), false);
  EpochMetrics metrics{.epoch = 1};
  metrics.val_loss_shuffled = 0;
  metrics.captions = CaptionReport{{{0.5, 0.25, 0.125, 0.0625}, 0.75, 1.5}, 0.5, 100, 40};
  run.append(metrics);
  CHECK(
      read_file(folder.file("metrics.csv")) ==
      "epoch,step,seconds,train_loss,val_loss,val_loss_shuffled,tokens_per_second,learning_rate,bleu1,bleu2,"
      "bleu3,bleu4,rouge_l,cider,cider_exchanged,captions,distinct\n"
      "1,0,0.000,0.000000,0.000000,0.000000,0.0,0,0.500000,0.250000,0.125000,0.062500,0.750000,1.500000,"
      "0.500000,100,40\n");
  const auto json = nlohmann::json::parse(read_file(folder.file("metrics.jsonl")));
  CHECK(json.size() == 17);
  CHECK(json.at("bleu4").get<double>() == 0.0625);
  CHECK(json.at("distinct").get<std::int64_t>() == 40);
}

TEST_CASE("run directory: a folder that holds a run is refused, or emptied of it when that is wanted") {
  const TemporaryDirectory folder;
  const std::string path = folder.file("run");
  {
    RunDirectory run(path, false);
    run.append({.epoch = 1});
    write_file_atomically(run.model_path(), "an old model");
    write_file_atomically(path + "/notes.txt", "mine");
  }
  CHECK(lacks(error_of([&] { RunDirectory(path, false); }), {path, "holds a run already", "--overwrite"}) ==
        "");
  CHECK(read_file(path + "/model.safetensors") == "an old model");
  // A new run's folder never shows an old model beside the new configuration.
  const RunDirectory again(path, true);
  CHECK_FALSE(std::filesystem::exists(path + "/model.safetensors"));
  CHECK_FALSE(std::filesystem::exists(path + "/metrics.csv"));
  CHECK_FALSE(std::filesystem::exists(path + "/metrics.jsonl"));
  CHECK(read_file(path + "/notes.txt") == "mine");
}

TEST_CASE("run directory: a run that came to nothing is no run") {
  const TemporaryDirectory folder;
  const std::string path = folder.file("run");
  {
    const RunDirectory run(path, false);
    run.write_config("model:\n");
  }
  CHECK(error_of([&] { RunDirectory(path, false); }) == "no error");
}

TEST_CASE("run directory: what cannot be written is refused before any work") {
  const TemporaryDirectory folder;
  write_file_atomically(folder.file("file"), "x");
  CHECK(lacks(error_of([&] { RunDirectory("", false); }), {"output folder", "name"}) == "");
  CHECK(lacks(error_of([&] { RunDirectory(folder.file("file"), false); }), {"output folder", "file"}) == "");
  CHECK(lacks(error_of([&] { RunDirectory(folder.file("file/run"), false); }),
              {"output folder", "file/run", "cannot be made"}) == "");
  CHECK(lacks(error_of([] { RunDirectory("/proc/dlcore", false); }), {"/proc/dlcore", "cannot be made"}) ==
        "");
  if (geteuid() == 0) return;  // root may write anywhere
  const std::string locked = folder.file("locked");
  std::filesystem::create_directory(locked);
  chmod(locked.c_str(), 0555);
  CHECK(lacks(error_of([&] { RunDirectory(locked, false); }), {locked}) == "");
}
