// A network without C++: data, training and predictions by the programs.
#include <filesystem>
#include <sstream>

#include "io/atomic_file.h"
#include "io/text_lines.h"
#include "tests/catch.h"
#include "tests/error_message.h"
#include "tests/models/example_fixture.h"
#include "tests/tools/run_program.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

const std::string source = DLCORE_TEST_SOURCE;

void succeeds(const ProgramResult& result) {
  INFO(result.out << result.err);
  REQUIRE(result.code == 0);
  CHECK(result.err.empty());
}

std::string missing_in(const std::string& text, const std::vector<std::string>& parts) {
  for (const std::string& part : parts)
    if (text.find(part) == std::string::npos) return "no \"" + part + "\" in: " + text;
  return "";
}

}  // namespace

TEST_CASE("network: the digits of the built-in data, by both configurations of the project") {
  const TemporaryDirectory folder;
  const std::string data = folder.file("digits.h5");
  succeeds(run_program("prepare", {"digits", "--out", data, "--count", "600", "--seed", "1"}));
  for (const std::string name : {"mlp_digits", "cnn_digits"}) {
    INFO(name);
    const std::string out = folder.file(name);
    const ProgramResult trained =
        run_program("train", {source + "/models/" + name + ".yaml", "--device", "cpu", "--set",
                              "data.file=" + data, "--set", "train.epochs=4", "--out", out});
    succeeds(trained);
    CHECK(missing_in(trained.out,
                     {"540 training examples, 60 validation examples", "[28, 28, 1]", "10 classes",
                      "linear1.weight", "initial loss", "accuracy", "examples/s", "best accuracy"}) == "");
    CHECK(trained.out.find("image") == std::string::npos);
    CHECK(std::filesystem::exists(out + "/report.html"));

    const std::string table = folder.file(name + ".csv");
    const ProgramResult predicted = run_program(
        "predict", {out + "/model.safetensors", "--data", data, "--out", table, "--device", "cpu"});
    succeeds(predicted);
    CHECK(missing_in(predicted.out, {"val: 60 examples, loss", "accuracy", "most often taken for"}) == "");
    const std::vector<std::string> lines = read_lines(table);
    REQUIRE(lines.size() == 61);
    CHECK(lines[0].starts_with("row,target,predicted,score"));
    int right = 0;
    for (std::size_t i = 1; i < lines.size(); ++i) {
      std::istringstream cells(lines[i]);
      std::string row, target, guess;
      std::getline(cells, row, ',');
      std::getline(cells, target, ',');
      std::getline(cells, guess, ',');
      CHECK(row == std::to_string(i - 1));
      right += target == guess;
    }
    char accuracy[32];
    std::snprintf(accuracy, sizeof accuracy, "accuracy %.2f%%", 100 * right / 60.0);
    CHECK(missing_in(predicted.out, {accuracy}) == "");
  }
}

TEST_CASE("network: mistakes are one sentence") {
  const ExampleFile file, numbers(false), sequences(true, false);
  const std::string config = file.folder.file("net.yaml");
  const auto refused = [&](const std::string& layers, const std::vector<std::string>& parts) {
    write_file_atomically(config, "data: {file: " + file.path + "}\ngraph:\n" + layers);
    const std::string out = file.folder.file("run");
    CHECK(not_refused("train", run_program("train", {config, "--device", "cpu", "--out", out}), parts) == "");
    CHECK_FALSE(std::filesystem::exists(out));
  };
  refused("  - {layer: Linear}\n  - {layer: SoftmaxLoss}\n",
          {config + ": line 3", "'linear1'", "'out' is missing"});
  refused("  - {layer: Linea, out: 3}\n  - {layer: SoftmaxLoss}\n", {config + ": line 3", "Linea", "LSTM, "});
  refused("  - {layer: Flatten}\n  - {layer: Linear, out: 4}\n  - {layer: SoftmaxLoss}\n",
          {"5 classes", "'linear1' makes 4 scores"});

  write_file_atomically(config, "data: {file: " + file.path +
                                    "}\ntrain: {epochs: 1}\ngraph:\n  - {layer: Flatten}\n"
                                    "  - {layer: Linear, out: 5}\n  - {layer: SoftmaxLoss}\n");
  const std::string out = file.folder.file("run");
  succeeds(run_program("train", {config, "--device", "cpu", "--out", out}));
  const std::string model = out + "/model.safetensors";
  const auto not_predicted = [&](const std::string& data, const std::vector<std::string>& parts) {
    CHECK(not_refused("predict", run_program("predict", {model, "--data", data, "--device", "cpu"}), parts) ==
          "");
  };
  not_predicted(numbers.path, {numbers.path, "numbers", "trained on classes"});
  not_predicted(sequences.path, {sequences.path, "[6, 5]", "[6, 5, 1]"});
  not_predicted(file.folder.file("none.h5"), {"none.h5"});
  CHECK(not_refused("caption", run_program("caption", {model, "--features", file.path, "--device", "cpu"}),
                    {model, "not a dlcore captioner"}) == "");
}
