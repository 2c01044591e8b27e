// Networks of a configuration's graph in the trainer: they learn, go on bit for bit, and are told apart from
// captioners.
#include "models/graph_task.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "io/atomic_file.h"
#include "models/graph_file.h"
#include "models/trainer.h"
#include "tests/devices.h"
#include "tests/models/example_fixture.h"
#include "tests/models/interrupted_fixture.h"
#include "tests/models/relative_error.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

const char* convolutional =
    "graph:\n"
    "  - {layer: ConvNorm, out: 8, kernel: 3, padding: 1, relu: true}\n"
    "  - {layer: AdaptiveMaxPool2d, out: 1, out_w: 5}\n"
    "  - {layer: Flatten}\n"
    "  - {layer: Dropout, p: 0.2}\n"
    "  - {layer: Linear, out: 5}\n"
    "  - {layer: SoftmaxLoss}\n";

const char* regression =
    "graph:\n"
    "  - {layer: Flatten}\n"
    "  - {layer: Linear, out: 6}\n"
    "  - {layer: SquaredLoss}\n";

const char* recurrent =
    "graph:\n"
    "  - {layer: LSTM, H: 12}\n"
    "  - {layer: LastStep}\n"
    "  - {layer: Linear, out: 5}\n"
    "  - {layer: SoftmaxLoss}\n";

Config graph_config(const ExampleFile& file, const char* graph,
                    const std::vector<std::string>& changes = {}) {
  std::vector<std::string> overrides{"data.file=" + file.path, "train.epochs=8", "train.batch=16",
                                     "train.seed=1", "optimizer.learning_rate=0.02"};
  overrides.insert(overrides.end(), changes.begin(), changes.end());
  return parse_config(graph, "graph.yaml", overrides);
}

struct GraphRun {
  GraphRun(const Config& run_config, const std::string& out, Device device = Device::cpu())
      : config(run_config), task(open_task(config, device)), trainer(config, *task) {
    RunDirectory directory(out, false);
    CHECK(trainer.run(directory, {.step = {}, .epoch = [this](const EpochMetrics& m, bool) {
                                    epochs.push_back(m);
                                  }}) == Trainer::End::finished);
  }

  Config config;
  std::unique_ptr<TrainingTask> task;
  Trainer trainer;
  std::vector<EpochMetrics> epochs;
};

}  // namespace

TEST_CASE("graph training: a convolutional classifier learns, and its files say so") {
  const ExampleFile file;
  const std::string out = file.folder.file("run");
  GraphRun run(graph_config(file, convolutional, {"train.best=accuracy", "train.average=0.9"}), out);
  REQUIRE(run.epochs.size() == 8);
  CHECK(run.epochs.front().val_loss > 2 * run.epochs.back().val_loss);
  CHECK(*run.epochs.back().accuracy > 0.9);
  const auto last = nlohmann::json::parse(
      read_file(out + "/metrics.jsonl").substr(read_file(out + "/metrics.jsonl").rfind('{')));
  CHECK(last.at("accuracy").get<double>() == Approx(*run.epochs.back().accuracy).margin(1e-6));
  CHECK(last.contains("examples_per_second"));
  CHECK_FALSE(last.contains("val_loss_shuffled"));
  CHECK_FALSE(last.contains("tokens_per_second"));

  // The file has the epoch with the best accuracy, of the averaged weights.
  double best = 0;
  for (const EpochMetrics& epoch : run.epochs) best = std::max(best, *epoch.accuracy);
  const StoredGraphModel stored = load_graph_model(out + "/model.safetensors", Device::cpu());
  const ExampleData data = ExampleData::open(file.path, {"val"});
  ExampleLoader loader(data.split("val"), data.target_shape(), {.batch = 7});
  CHECK(*score_examples(*stored.model, loader, {})->accuracy == best);
}

TEST_CASE("graph training: numbers are met, in every precision") {
  const ExampleFile file(false);
  for (const char* precision : {"float32", "float64", "bfloat16"}) {
    INFO(precision);
    GraphRun run(
        graph_config(file, regression, {"train.epochs=60", std::string("train.precision=") + precision}),
        file.folder.file(precision));
    CHECK(run.epochs.front().val_loss > 0.5);
    CHECK(run.epochs.back().val_loss < 0.05);
    CHECK_FALSE(run.epochs.back().accuracy.has_value());
  }
}

TEST_CASE("graph training: a GPU gives the CPU's losses") {
  if (cuda_device_count() == 0) DLCORE_SKIP("there is no GPU");
  const ExampleFile file;
  const Config config =
      graph_config(file, convolutional, {"train.precision=float64", "train.epochs=2", "train.batch=10"});
  const GraphRun cpu(config, file.folder.file("cpu")), gpu(config, file.folder.file("gpu"), Device::cuda());
  for (std::size_t epoch = 0; epoch < 2; ++epoch) {
    CHECK(relative_error(gpu.epochs[epoch].train_loss, cpu.epochs[epoch].train_loss) <= 1e-9);
    CHECK(relative_error(gpu.epochs[epoch].val_loss, cpu.epochs[epoch].val_loss) <= 1e-9);
    CHECK(gpu.epochs[epoch].accuracy == cpu.epochs[epoch].accuracy);
  }
}

TEST_CASE("graph training: sequences are told apart by a recurrent network") {
  const ExampleFile file(true, false);
  GraphRun run(graph_config(file, recurrent, {"train.epochs=12"}), file.folder.file("run"));
  CHECK(*run.epochs.back().accuracy > 0.9);
}

TEST_CASE("graph training: accumulated batches are the big batch") {
  const ExampleFile file(true, false);
  const auto parameters = [&](const std::vector<std::string>& changes) {
    std::vector<std::string> all{"train.precision=float64", "train.epochs=2", "train.seed=3"};
    all.insert(all.end(), changes.begin(), changes.end());
    GraphRun run(graph_config(file, recurrent, all), file.folder.file("run" + changes[0] + changes.back()));
    return run.task->modules()[0].parameters->values().to_vector<double>();
  };
  const std::vector<double> whole = parameters({"train.batch=40"});
  const std::vector<double> parts = parameters({"train.batch=10", "train.accumulate=4"});
  REQUIRE(whole.size() == parts.size());
  for (std::size_t i = 0; i < whole.size(); ++i) CHECK(std::abs(whole[i] - parts[i]) <= 1e-9);
}

TEST_CASE("graph training: an interrupted run gives the uninterrupted one's result, bit for bit") {
  const ExampleFile file;
  for (const char* precision : {"float32", "bfloat16"}) {
    INFO(precision);
    const auto folder = [&](const char* name) {
      return file.folder.file(std::string(precision) + name) + "/run";
    };
    const Config config = graph_config(
        file, convolutional,
        {std::string("train.precision=") + precision, "train.epochs=4", "train.checkpoint_every=2",
         "train.average=0.9", "optimizer.schedule=cosine", "train.accumulate=2", "train.best=accuracy"});
    CHECK(train_interrupted(config, folder("whole"), {}) == 0);
    using Kind = Interruption::Kind;
    CHECK(train_interrupted(config, folder("parts"), {{Kind::stop, 3}, {Kind::crash, 6}, {Kind::stop, 9}}) ==
          3);
    CHECK(difference(result_of(folder("whole")), result_of(folder("parts"))) == "");
  }
}

TEST_CASE("graph training: a loss that is not finite names the examples") {
  const ExampleFile file;
  const std::string out = file.folder.file("run");
  const Config config = graph_config(file,
                                     "graph:\n"
                                     "  - {layer: Flatten}\n"
                                     "  - {layer: Linear, out: 5}\n"
                                     "  - {layer: SoftmaxLoss}\n",
                                     {"optimizer.learning_rate=1e39", "optimizer.name=sgd"});
  const std::unique_ptr<TrainingTask> task = open_task(config, Device::cpu());
  RunDirectory directory(out, false);
  const std::string message = error_of([&] { Trainer(config, *task).run(directory, {}); });
  CHECK(lacks(message, {"training stopped", "its examples: " + out + "/not_finite_"}) == "");
  const std::string path = message.substr(message.find(out), message.find(".json") + 5 - message.find(out));
  const auto report = nlohmann::json::parse(read_file(path));
  REQUIRE(report.at("examples").size() == 16);
  for (const auto& example : report.at("examples")) {
    CHECK(std::stoi(example.at("row").get<std::string>()) < 96);
    CHECK(std::stoi(example.at("target").get<std::string>()) < 5);
  }
}

TEST_CASE("graph training: keys and data that do not go together are refused") {
  const ExampleFile file, numbers(false);
  const auto refusal = [](const Config& config) {
    return error_of([&] { open_task(config, Device::cpu()); });
  };
  CHECK(lacks(refusal(graph_config(file, convolutional, {"model.hidden_dim=3"})),
              {"model.hidden_dim", "captioners"}) == "");
  CHECK(lacks(refusal(graph_config(file, convolutional, {"data.captions=a.h5"})),
              {"data.captions", "captioners"}) == "");
  CHECK(lacks(refusal(graph_config(file, convolutional, {"self_critical.epochs=3"})),
              {"self_critical.epochs", "captioners"}) == "");
  CHECK(lacks(refusal(graph_config(file, convolutional, {"optimizer.encoder_learning_rate=3"})),
              {"optimizer.encoder_learning_rate", "captioners"}) == "");
  CHECK(lacks(refusal(graph_config(file, convolutional, {"train.best=cider"})),
              {"train.best is cider", "loss and accuracy"}) == "");
  CHECK(lacks(refusal(graph_config(numbers, regression, {"train.best=accuracy"})),
              {"train.best is accuracy", numbers.path, "no classes"}) == "");
  CHECK(lacks(refusal(graph_config(numbers, convolutional)), {"graph.yaml: line 7", "'softmaxloss1'"}) == "");
  CHECK(lacks(refusal(graph_config(file, regression)), {"graph.yaml: line 4", "'squaredloss1'"}) == "");
  CHECK(lacks(refusal(graph_config(file, convolutional, {"data.file="})), {"'data.file' is empty"}) == "");
  CHECK(lacks(refusal(graph_config(file, convolutional, {"data.file=none.h5"})), {"none.h5"}) == "");
}
