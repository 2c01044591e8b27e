// A checkpoint that somebody else made: with whole bytes, but with things in it that no run writes.
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>

#include "io/atomic_file.h"
#include "models/checkpoint.h"
#include "tests/catch.h"
#include "tests/error_message.h"
#include "tests/models/trainer_fixture.h"

using namespace dlcore;
using namespace dlcore::test;
using nlohmann::json;
namespace fs = std::filesystem;

namespace {

// A run of one step in TinyDataFile's folder, which has left a checkpoint.
struct Stopped {
  Stopped() {
    const Run run({"train.report=true", "train.gallery_images=0"});
    run_on(run, nullptr);
    fs::copy(run.out, folder.file("run"), fs::copy_options::recursive);
  }

  // One step of a new trainer. Error as run() throws it.
  static void run_on(const Run& run, const std::string* from) {
    RunDirectory directory =
        from == nullptr ? RunDirectory(run.out, false) : RunDirectory::continued(run.out);
    const std::optional<Checkpoint> checkpoint =
        from == nullptr ? std::nullopt : std::optional<Checkpoint>(std::in_place, *from);
    CaptionTask task(run.config, run.data, Device::cpu());
    Trainer trainer(run.config, task);
    trainer.run(directory, {.step = {}, .epoch = {}, .stop = [] { return true; }},
                checkpoint ? &*checkpoint : nullptr);
  }

  /// What a run says that goes on from the checkpoint, changed.
  std::string error(const std::function<void(json&)>& change) const {
    const Run run({"train.report=true", "train.gallery_images=0"});
    fs::copy(folder.file("run"), run.out, fs::copy_options::recursive);
    const std::string path = checkpoint_files(run.out).at(0);
    rewrite(path, change);
    return error_of([&] { run_on(run, &path); });
  }

  static void rewrite(const std::string& path, const std::function<void(json&)>& change) {
    const SafetensorsReader reader(path);
    std::vector<NamedTensor> tensors;
    for (const std::string& name : reader.names())
      if (name != safetensors_crc) tensors.push_back({name, reader.read(name)});
    auto metadata = reader.metadata();
    json state = json::parse(metadata.at("state"));
    change(state);
    metadata["state"] = state.dump();
    write_safetensors(path, tensors, metadata, SafetensorsWriter::Checksum::crc32c);
  }

  TemporaryDirectory folder;
};

}  // namespace

TEST_CASE("hostile checkpoint: it reaches no file outside of the run's folder") {
  const Stopped stopped;
  CHECK(stopped.error([](json&) {}) == "no error");
  const std::string victim = stopped.folder.file("events.out.tfevents.1.dlcore");
  write_file_atomically(victim, "precious");
  // However deep the run's folder lies: up to the root, and from there on.
  std::string up;
  for (int i = 0; i < 20; ++i) up += "../";
  const std::string away = up + victim.substr(1);
  for (const std::string& events : {away, std::string("model.safetensors"), std::string(), std::string("..")})
    CHECK(lacks(stopped.error([&](json& state) { state["report"]["events"] = events; }),
                {"\"" + events + "\"", "no event file in its folder"}) == "");
  CHECK(lacks(stopped.error([&](json& state) { state["report"]["events_size"] = -1; }), {"from byte -1"}) ==
        "");
  CHECK(read_file(victim) == "precious");
}

TEST_CASE("hostile checkpoint: progress that no run makes") {
  const Stopped stopped;
  CHECK(lacks(stopped.error([](json& state) { state["progress"]["part"] = 1; }),
              {"part 2 of the training", "has 1 of them"}) == "");
  for (const std::int64_t count : {std::int64_t{-1}, std::int64_t{1} << 62}) {
    CHECK(lacks(stopped.error([&](json& state) { state["progress"]["epoch"]["batches"] = count; }),
                {"a count of " + std::to_string(count)}) == "");
    CHECK(lacks(stopped.error([&](json& state) { state["progress"]["epochs"] = count; }),
                {"a count of " + std::to_string(count)}) == "");
  }
}
