// What every program's command line does.
#include <cstdint>
#include <nlohmann/json.hpp>
#include <sstream>

#include "io/atomic_file.h"
#include "models/config.h"
#include "tests/catch.h"
#include "tests/sanitized.h"
#include "tests/temporary_directory.h"
#include "tests/tools/run_program.h"

using namespace dlcore;
using namespace dlcore::test;

TEST_CASE("options: --help lists every option") {
  const auto check = [](const std::string& program, const std::vector<std::string>& options) {
    const ProgramResult result =
        run_program(program, options[0] == "scenes" ? std::vector<std::string>{"scenes", "--help"}
                                                    : std::vector<std::string>{"--help"});
    CHECK(result.code == 0);
    CHECK(result.err.empty());
    for (const auto& option : options) {
      INFO(program << " " << option);
      CHECK(result.out.find(option) != std::string::npos);
    }
  };
  check("train", {"config", "--set", "--device", "--out", "--overwrite", "--profile", "--quiet",
                  "--dump-config", "auto", "cuda:i"});
  check("caption", {"model",
                    "--features",
                    "--split",
                    "--limit",
                    "--out",
                    "--max-length",
                    "--fixed-length",
                    "--batch",
                    "--other-vocabulary",
                    "--device",
                    "--beam",
                    "--n-best",
                    "--length-penalty",
                    "--min-length",
                    "--no-unk",
                    "--no-repeat-ngram",
                    "--groups",
                    "--diversity",
                    "--sample",
                    "--temperature",
                    "--top-k",
                    "--top-p",
                    "--seed",
                    "--log-probs",
                    "--html",
                    "--photo-folder"});
  check("prepare", {"Subcommands", "scenes"});
  check("prepare", {"scenes", "--out", "--count", "--seed"});
  check("eval", {"--results", "--references", "--split", "--training", "--json"});
  check("convert", {"in", "out", "--key", "--dtype", "--list"});
  check("bench", {"--work", "--device", "--dtype", "--step-by-step", "--threads", "--reps"});
}

TEST_CASE("options: a wrong command line is refused") {
  const std::vector<std::pair<std::string, std::vector<std::string>>> wrong{
      {"train", {}},
      {"train", {"a.yaml", "b.yaml"}},
      {"train", {"a.yaml", "--no-such-option"}},
      {"caption", {"model"}},
      {"prepare", {}},
      {"prepare", {"scenes"}},
      {"prepare", {"scenery"}},
      {"eval", {}},
      {"eval", {"--results", "a.json"}},
      {"eval", {"--references", "a.json"}},
      {"convert", {}},
      {"convert", {"a.pth", "b.safetensors", "c.safetensors"}},
      {"bench", {"--reps", "0"}},
      {"bench", {"--threads", "-1"}}};
  for (const auto& [program, arguments] : wrong) {
    const ProgramResult result = run_program(program, arguments);
    INFO(program << ": " << result.err);
    CHECK(result.code != 0);
    CHECK(result.code < 128);
    CHECK_FALSE(result.err.empty());
    CHECK(result.out.empty());
  }
}

TEST_CASE("options: --dump-config prints the effective configuration, --set overrides it in order") {
  const TemporaryDirectory folder;
  const std::string path = folder.file("x.yaml");
  write_file_atomically(path, "model:\n  cell: rnn\n");
  const auto dump = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), path);
    arguments.emplace_back("--dump-config");
    const ProgramResult result = run_program("train", arguments);
    CHECK(result.code == 0);
    CHECK(result.err.empty());
    return result.out;
  };
  CHECK(dump({}) == dump_config(load_config(path, {})));
  const std::string changed = dump(
      {"--set", "train.epochs=3", "--set", "train.epochs=4", "--set", "data.root=a b", "--out", "there"});
  CHECK(changed == dump_config(load_config(path, {"train.epochs=4", "data.root=a b", "train.out=there"})));
  CHECK(dump_config(parse_config(changed, "dump", {})) == changed);
  CHECK(folder.entries() == 1);
}

TEST_CASE("options: bench prints one line of JSON for each work") {
  const ProgramResult result = run_program(
      "bench", {"--work", "rnn_train", "greedy_rnn", "--reps", "1", "--threads", "1", "--device", "cpu"});
  CHECK(result.code == 0);
  CHECK(result.err.empty());
  std::istringstream lines(result.out);
  std::vector<std::string> works;
  for (std::string line; std::getline(lines, line);) {
    const auto json = nlohmann::json::parse(line);
    works.push_back(json.at("work").get<std::string>());
    CHECK(json.at("system").get<std::string>() == "dlcore");
    CHECK(json.at("threads").get<std::int64_t>() == 1);
    CHECK(json.at("dtype").get<std::string>() == "float32");
    CHECK(json.at("device").get<std::string>() == "cpu");
    for (const std::string key : {"ms", "best_ms", "gflop", "gflops", "gemm_peak_gflops", "fraction_of_peak"})
      CHECK(json.at(key).get<double>() > 0);
    if (!sanitized) CHECK(json.at("system_allocations").get<std::int64_t>() == 0);
  }
  CHECK(works == std::vector<std::string>{"rnn_train", "greedy_rnn"});
  CHECK(not_refused("bench", run_program("bench", {"--work", "tea"}),
                    {"'tea'", "rnn_train, greedy_rnn, beam_rnn, lstm_train"}) == "");
  CHECK(not_refused("bench", run_program("bench", {"--dtype", "float8"}), {"float8", "float32"}) == "");
}
