// dlcore_predict MODEL PICTURE... | --data FILE: what a network that dlcore_train made from a graph says of
// pictures, or of a split.
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "core/cpu.h"
#include "core/format.h"
#include "io/atomic_file.h"
#include "models/graph_file.h"
#include "models/graph_task.h"
#include "tools/device_option.h"
#include "tools/ordered_pipeline.h"
#include "tools/photo_list.h"
#include "tools/plugin_option.h"
#include "tools/predict/picture_inputs.h"
#include "tools/predict/predictions.h"
#include "tools/run_tool.h"

namespace {

using namespace dlcore;

struct Options {
  std::string model;
  std::vector<std::string> pictures;
  std::string data;
  std::string split = "val";
  std::string device = "auto";
  std::string out;
  std::string fit = "crop";
  std::size_t top = 3;
  std::int64_t batch = 250;
  std::int64_t limit = 0;
};

void require_same_kind(const Options& options, const ExampleShapes& model, const ExampleShapes& data) {
  require(model.input == data.input, "{}: the inputs are {} each, but {} was trained on {}", options.data,
          data.input, options.model, model.input);
  require((model.classes > 0) == (data.classes > 0), "{}: the targets are {}, but {} was trained on {}",
          options.data, data.classes > 0 ? "classes" : "numbers", options.model,
          model.classes > 0 ? "classes" : "numbers");
  require(data.classes <= model.classes, "{}: there are {} classes, but {} was trained on {}", options.data,
          data.classes, options.model, model.classes);
  require(model.target == data.target, "{}: the targets are {} each, but {} was trained on {}", options.data,
          data.target, options.model, model.target);
}

// Prints what there is to say.
void predict_data(const Options& options, GraphModel& model, Predictions& predictions) {
  const ExampleData data = ExampleData::open(options.data, {options.split});
  require_same_kind(options, model.shapes(), shapes_of(data));
  const Stream stream(model.device());
  ExampleLoader loader(data.split(options.split), data.target_shape(),
                       {.batch = options.batch, .limit = options.limit, .type = model.dtype()}, stream);
  const auto scores =
      score_examples(model, loader, {.stream = stream}, {},
                     [&](const ExampleBatch& batch, const Tensor& row) { predictions.add(batch, row); });
  fmt::print("{}, {}: {} examples, loss {:.4f}{}\n", options.data, options.split,
             readable_count(loader.examples()), scores->loss,
             scores->accuracy ? fmt::format(", accuracy {:.2f}%", 100 * *scores->accuracy) : "");
  if (model.shapes().classes > 0) fmt::print("\n{}", predictions.class_table());
}

void predict_pictures(const Options& options, GraphModel& model, Predictions& predictions) {
  const PictureInputs inputs(options.model, model.shapes(), image_fit_from_name(options.fit));
  std::vector<std::string> paths = list_photos(options.pictures);
  if (options.limit > 0 && options.limit < static_cast<std::int64_t>(paths.size()))
    paths.resize(static_cast<std::size_t>(options.limit));
  const auto count = static_cast<std::int64_t>(paths.size()), size = inputs.size();
  const Context context{.stream = Stream(model.device())};
  model.freeze(context.stream);
  OrderedPipeline<std::vector<float>> pictures(0, count, cpu_threads(), 64, [&](std::int64_t i) {
    std::vector<float> input(static_cast<std::size_t>(size));
    inputs.read(paths[static_cast<std::size_t>(i)], input);
    return input;
  });
  for (std::int64_t begin = 0; begin < count; begin += options.batch) {
    const std::int64_t N = std::min(options.batch, count - begin);
    std::vector<float> values;
    values.reserve(static_cast<std::size_t>(N * size));
    for (std::int64_t i = 0; i < N; ++i) {
      const std::vector<float> one = pictures.next();
      values.insert(values.end(), one.begin(), one.end());
    }
    std::vector<std::int64_t> sizes{N};
    sizes.insert(sizes.end(), model.shapes().input.sizes().begin(), model.shapes().input.sizes().end());
    const Tensor batch = Tensor::from(values, Shape(std::span<const std::int64_t>(sizes)));
    const std::vector<double> scores =
        model.forward(context, batch.to(model.dtype()).to(model.device())).to_vector<double>();
    const auto columns = scores.size() / static_cast<std::size_t>(N);
    for (std::int64_t i = 0; i < N; ++i) {
      const auto row = std::span(scores).subspan(static_cast<std::size_t>(i) * columns, columns);
      const std::string& path = paths[static_cast<std::size_t>(begin + i)];
      predictions.add(path, row);
      fmt::print("{}  {}\n", path, predictions.line(row, options.top));
    }
  }
}

void predict(const Options& options) {
  require(options.pictures.empty() != options.data.empty(), "give either pictures or --data: {}",
          options.data.empty() ? "neither is there" : "both are there");
  const StoredGraphModel stored = load_graph_model(options.model, announce_device(options.device));
  Predictions predictions(stored.model->shapes(), stored.class_names);
  if (options.data.empty())
    predict_pictures(options, *stored.model, predictions);
  else
    predict_data(options, *stored.model, predictions);
  if (options.out.empty()) return;
  write_file_atomically(options.out, predictions.csv());
  fmt::print("\npredictions: {}\n", options.out);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(
      "What a network that dlcore_train made from the list of layers in a configuration says of pictures, or "
      "of inputs with targets.",
      "dlcore_predict");
  Options options;
  app.add_option("model", options.model, "model.safetensors of a run")->required();
  app.add_option("pictures", options.pictures,
                 "JPEG and PNG files, or folders of them, for a network that was trained on pictures");
  app.add_option("--data", options.data, "File of inputs with targets (io/FORMAT.md)");
  app.add_option("--split", options.split, "train, val or test")->capture_default_str();
  app.add_option("--out", options.out, "Table of all predictions to write, CSV");
  app.add_option("--fit", options.fit,
                 "How a picture becomes square, as when the data were made: crop its middle, or squash it")
      ->check(CLI::IsMember({"crop", "squash"}))
      ->capture_default_str();
  app.add_option("--top", options.top, "How many classes to name for a picture")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--limit", options.limit, "Only the first so many examples; 0: all")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app.add_option("--batch", options.batch, "Examples at a time")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  add_device_option(app, options.device);
  add_plugin_option(app);
  return run_tool(app, argc, argv, [&] { predict(options); });
}
