// dlcore_train --profile: the tables add up, the trace is whole, and nothing is trained.
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "io/atomic_file.h"
#include "tests/catch.h"
#include "tests/temporary_directory.h"
#include "tests/tools/run_program.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

// The sum of the percentages of a table that begins with a line of this beginning.
double shares(const std::string& text, const std::string& header) {
  std::istringstream stream(text);
  std::string line;
  while (std::getline(stream, line) && !line.starts_with(header)) {
  }
  double sum = 0;
  while (std::getline(stream, line) && !line.empty()) {
    const std::size_t percent = line.find('%');
    if (percent == std::string::npos) break;
    sum += std::stod(line.substr(line.rfind(' ', percent)));
  }
  return sum;
}

}  // namespace

TEST_CASE("profile: layers and kernels of training steps, with a trace") {
  const TemporaryDirectory folder;
  const std::string data = folder.file("scenes.h5"), config = folder.file("config.yaml"),
                    out = folder.file("run");
  REQUIRE(run_program("prepare", {"scenes", "--out", data, "--count", "30"}).code == 0);
  write_file_atomically(
      config, "model:\n  wordvec_dim: 16\n  hidden_dim: 24\n  dropout: 0.1\ndata:\n  file: " + data +
                  "\ntrain:\n  batch: 50\n  clip_norm: 1\n");
  const ProgramResult result = run_program("train", {config, "--device", "cpu", "--profile", "--out", out});
  INFO(result.out << result.err);
  REQUIRE(result.code == 0);
  CHECK(result.err.empty());
  for (const char* part :
       {"5 steps, per step in milliseconds", "layer (or phase", "\nscore ", "\ncell ", "\nproject ",
        "\n(update)", "\n(data)", "kernel  ", "\ngemm ", "\nadam ", "\nlstm_cell_forward ",
        "\nlstm_cell_backward ", "\n(outside of kernels)", "trace for https://ui.perfetto.dev: "}) {
    INFO(part);
    CHECK(result.out.find(part) != std::string::npos);
  }
  CHECK(std::abs(shares(result.out, "layer (or phase") - 100) < 1.5);  // each is rounded
  CHECK(std::abs(shares(result.out, "kernel  ") - 100) < 1.5);
  CHECK(std::filesystem::exists(out + "/trace.json"));
  CHECK(leftovers(out).empty());

  const auto trace = nlohmann::json::parse(read_file(out + "/trace.json"));
  std::set<std::string> kinds;
  int steps = 0;
  double gemm_flop = 0;
  for (const auto& event : trace.at("traceEvents")) {
    CHECK(event.at("ph") == "X");
    CHECK(event.at("ts").get<double>() >= 0);
    CHECK(event.at("dur").get<double>() >= 0);
    kinds.insert(event.at("cat").get<std::string>());
    steps += event.at("name") == "step";
    if (event.at("name") == "gemm") gemm_flop += event.at("args").at("flop").get<double>();
  }
  CHECK(kinds == std::set<std::string>{"phase", "layer", "kernel"});
  CHECK(steps == 5);
  CHECK(gemm_flop > 0);
}
