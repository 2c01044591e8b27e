// The whole road: data made, a model trained, captions written; and what the programs say on the way.
#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>

#include "io/atomic_file.h"
#include "io/image.h"
#include "io/image_set.h"
#include "models/config.h"
#include "models/model_file.h"
#include "tests/catch.h"
#include "tests/temporary_directory.h"
#include "tests/tools/run_program.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

/// Scenes, and a configuration to train on them.
struct Road {
  explicit Road(int count) {
    require_success(run_program("prepare", {"scenes", "--out", data, "--count", std::to_string(count)}));
    write_file_atomically(config,
                          "model:\n  wordvec_dim: 16\n  hidden_dim: 24\n  standardize: true\n"
                          "data:\n  root: " +
                              folder.path().string() +
                              "\n  file: scenes.h5\n"
                              "train:\n  epochs: 2\n  batch: 50\noptimizer:\n  learning_rate: 0.01\n");
  }
  static void require_success(const ProgramResult& result) {
    INFO(result.err);
    REQUIRE(result.code == 0);
    REQUIRE(result.err.empty());
  }

  TemporaryDirectory folder;
  std::string data = folder.file("scenes.h5");
  std::string config = folder.file("config.yaml");
  std::string out = folder.file("run");
};

}  // namespace

TEST_CASE("tools: prepare, train, caption") {
  const Road road(200);
  const ProgramResult trained = run_program("train", {road.config, "--out", road.out, "--device", "cpu"});
  Road::require_success(trained);
  const std::vector<std::string> said = lines_of(trained.out);
  REQUIRE(said.size() > 8);
  CHECK(said[0].starts_with("device cpu: "));
  CHECK(said[0].ends_with("(as asked)"));
  for (const std::string part :
       {"900 training captions of 180 images", "100 validation captions of 20 images", "features [3, 16, 16]",
        "lstm captioner", "cell.Wx", "[16, 96]", "standardize.mean", "(not trained)", "initial loss",
        "words x ln", "epoch   1", "epoch   2", "images exchanged", "image gap", "it waited",
        "model.safetensors"}) {
    INFO(part);
    CHECK(trained.out.find(part) != std::string::npos);
  }
  CHECK(trained.out.find('\r') == std::string::npos);  // no progress bar where there is no terminal
  CHECK(trained.out.find('\033') == std::string::npos);
  CHECK(lines_of(read_file(road.out + "/metrics.csv")).size() == 3);
  // The run's configuration gives the run again.
  const Config stored = load_config(road.out + "/config.yaml", {});
  CHECK(stored.train.out == road.out);
  CHECK(stored.model.hidden_dim == 24);

  const std::string model = road.out + "/model.safetensors";
  const std::string results = road.folder.file("captions.json");
  const ProgramResult captioned = run_program(
      "caption", {model, "--features", road.data, "--limit", "7", "--out", results, "--device", "cpu"});
  Road::require_success(captioned);
  const std::vector<std::string> captions = lines_of(captioned.out);
  REQUIRE(captions.size() == 8);
  CHECK(captions[0].starts_with("device cpu: "));
  const auto json = nlohmann::json::parse(read_file(results));
  REQUIRE(json.size() == 7);
  const ImageSet images = open_image_set(road.data, "val");
  for (std::size_t i = 0; i < 7; ++i) {
    REQUIRE(json[i].size() == 2);
    CHECK(json[i].at("image_id").get<std::int64_t>() == images.image_ids[i]);
    CHECK(captions[i + 1] == images.file_names[i] + "\t" + json[i].at("caption").get<std::string>());
  }

  // Every batch size gives the same captions; the other split has other images.
  CHECK(run_program("caption",
                    {model, "--features", road.data, "--limit", "7", "--batch", "2", "--device", "cpu"})
            .out == captioned.out);
  const ProgramResult train_split = run_program(
      "caption", {model, "--features", road.data, "--limit", "7", "--split", "train", "--device", "cpu"});
  Road::require_success(train_split);
  CHECK(train_split.out != captioned.out);
  const ProgramResult fixed =
      run_program("caption", {model, "--features", road.data, "--limit", "1", "--fixed-length",
                              "--max-length", "3", "--device", "cpu"});
  Road::require_success(fixed);
  const std::string words = lines_of(fixed.out).at(1);
  CHECK(words.find("\t<START> ") != std::string::npos);
  CHECK(std::count(words.begin(), words.end(), ' ') == 3);
}

TEST_CASE("tools: the same command trains the same model, bit for bit") {
  const Road road(100);
  const std::vector<std::string> arguments{road.config, "--device", "cpu", "--set", "train.epochs=1"};
  const auto train = [&](const std::string& out) {
    std::vector<std::string> all = arguments;
    all.insert(all.end(), {"--out", road.folder.file(out)});
    Road::require_success(run_program("train", all));
    return read_file(road.folder.file(out) + "/model.safetensors");
  };
  CHECK(train("first") == train("second"));
}

TEST_CASE("tools: prepare gives equal files for equal seeds, and refuses what it cannot write") {
  const TemporaryDirectory folder;
  const auto prepare = [&](const std::string& name, const std::string& seed) {
    const std::string path = folder.file(name);
    Road::require_success(run_program("prepare", {"scenes", "--out", path, "--count", "20", "--seed", seed}));
    return read_file(path);
  };
  CHECK((prepare("a.h5", "1") == prepare("b.h5", "1")));  // bytes are not to be printed
  CHECK((prepare("a.h5", "1") != prepare("c.h5", "2")));
  CHECK(folder.entries() == 3);
  const auto refused = [&](const std::string& out, const std::string& count,
                           const std::vector<std::string>& parts) {
    CHECK(not_refused("prepare", run_program("prepare", {"scenes", "--out", out, "--count", count}), parts) ==
          "");
    CHECK(folder.entries() == 3);
  };
  refused(folder.file("none/x.h5"), "20", {folder.file("none/x.h5")});
  refused(folder.file("a.h5/x.h5"), "20", {folder.file("a.h5/x.h5")});
  refused(folder.path().string(), "20", {folder.path().string()});
  refused(folder.file("x.h5"), "1", {"1"});
  refused(folder.file("x.h5"), "-5", {"-5"});
  CHECK(not_refused("prepare",
                    run_program("prepare", {"scenes", "--out", folder.file("x.h5"), "--size", "64"}),
                    {"--size", "x.h5"}) == "");
  CHECK(not_refused("prepare",
                    run_program("prepare", {"scenes", "--out", folder.file("x.h5"), "--objects", "1"}),
                    {"--objects", "x.h5"}) == "");
  CHECK(folder.entries() == 3);
}

TEST_CASE("tools: prepare draws pictures into a folder") {
  const TemporaryDirectory folder;
  const ProgramResult made = run_program("prepare", {"scenes", "--out", folder.file("scenes"), "--count",
                                                     "20", "--size", "40", "--format", "png"});
  Road::require_success(made);
  CHECK(made.out ==
        folder.file("scenes") + ": 20 pictures of 40 x 40 pixels, five captions each, in train and val\n");
  const Image picture = read_image(folder.file("scenes/val/scene_000019.png"));
  CHECK(picture.width == 40);
  CHECK(folder.entries() == 1);
  CHECK(not_refused("prepare",
                    run_program("prepare", {"scenes", "--out", folder.file("big"), "--size", "5000"}),
                    {"32 to 1024", "5000"}) == "");
  CHECK(run_program("prepare", {"scenes", "--out", folder.file("gif"), "--format", "gif"}).code > 1);
  CHECK(run_program("prepare", {"scenes", "--out", folder.file("none"), "--objects", "0"}).code > 1);
  CHECK(folder.entries() == 1);
}
