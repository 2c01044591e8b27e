// dlcore_predict MODEL --data FILE: what a network that dlcore_train made from a graph says of a split.
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "core/format.h"
#include "io/atomic_file.h"
#include "models/graph_file.h"
#include "models/graph_task.h"
#include "tools/device_option.h"
#include "tools/plugin_option.h"
#include "tools/run_tool.h"

namespace {

using namespace dlcore;

struct Options {
  std::string model;
  std::string data;
  std::string split = "val";
  std::string device = "auto";
  std::string out;
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

// Rows of the table of predictions, and how often which class was taken for which.
class Predictions {
 public:
  Predictions(const ExampleShapes& shapes, std::vector<std::string> class_names)
      : classes_(shapes.classes), names_(std::move(class_names)) {
    confusion_.resize(static_cast<std::size_t>(classes_ * classes_));
  }

  void add(const ExampleBatch& batch, const Tensor& scores) {
    const std::vector<double> all = scores.to_vector<double>();
    const auto columns = all.size() / batch.rows.size();
    const std::vector<double> targets = batch.targets.to_vector<double>();
    const auto targets_each = targets.size() / batch.rows.size();
    if (csv_.empty()) csv_ = header(targets_each, columns);
    for (std::size_t n = 0; n < batch.rows.size(); ++n) {
      const auto row = all.begin() + static_cast<std::ptrdiff_t>(n * columns);
      csv_ += std::to_string(batch.rows[n]);
      if (classes_ > 0) {
        const auto predicted = std::max_element(row, row + classes_) - row;
        const auto wanted = static_cast<std::int64_t>(targets[n]);
        ++confusion_[static_cast<std::size_t>(wanted * classes_ + predicted)];
        csv_ += fmt::format(",{},{}", name(wanted), name(predicted));
      } else {
        csv_ += fmt::format(
            ",{:g}", fmt::join(targets.begin() + static_cast<std::ptrdiff_t>(n * targets_each),
                               targets.begin() + static_cast<std::ptrdiff_t>((n + 1) * targets_each), ","));
      }
      csv_ += fmt::format(",{:g}\n", fmt::join(row, row + static_cast<std::ptrdiff_t>(columns), ","));
    }
  }

  const std::string& csv() const { return csv_; }

  // Of each class how many there are, how many were found, and what the others were mostly taken for.
  std::string class_table() const {
    std::size_t width = 5;
    for (std::int64_t c = 0; c < classes_; ++c) width = std::max(width, name(c).size());
    std::string text = fmt::format("{:<{}}  {:>8}  {:>8}  {}\n", "class", width, "examples", "right",
                                   "most often taken for");
    for (std::int64_t c = 0; c < classes_; ++c) {
      const auto row = confusion_.begin() + c * classes_;
      std::int64_t count = 0, most = -1;
      for (std::int64_t k = 0; k < classes_; ++k) {
        count += row[k];
        if (k != c && row[k] > 0 && (most < 0 || row[k] > row[most])) most = k;
      }
      if (count == 0) continue;
      text += fmt::format("{:<{}}  {:>8}  {:>7.2f}%  {}\n", name(c), width, readable_count(count),
                          100 * static_cast<double>(row[c]) / static_cast<double>(count),
                          most < 0 ? "" : fmt::format("{} ({})", name(most), row[most]));
    }
    return text;
  }

 private:
  std::string name(std::int64_t c) const {
    const auto at = static_cast<std::size_t>(c);
    return at < names_.size() ? names_[at] : std::to_string(c);
  }

  std::string header(std::size_t targets, std::size_t scores) const {
    std::string text = classes_ > 0 ? "row,target,predicted" : "row";
    if (classes_ == 0)
      for (std::size_t k = 0; k < targets; ++k) text += fmt::format(",target{}", k);
    for (std::size_t k = 0; k < scores; ++k)
      text += classes_ > 0 ? ",score " + name(static_cast<std::int64_t>(k)) : fmt::format(",predicted{}", k);
    return text + "\n";
  }

  std::int64_t classes_;
  std::vector<std::string> names_;
  std::vector<std::int64_t> confusion_;  // (target, predicted)
  std::string csv_;
};

void predict(const Options& options) {
  const Device device = announce_device(options.device);
  const StoredGraphModel stored = load_graph_model(options.model, device);
  GraphModel& model = *stored.model;
  const ExampleData data = ExampleData::open(options.data, {options.split});
  require_same_kind(options, model.shapes(), shapes_of(data));
  const Stream stream(device);
  ExampleLoader loader(data.split(options.split), data.target_shape(),
                       {.batch = options.batch, .limit = options.limit, .type = model.dtype()}, stream);
  Predictions predictions(model.shapes(), stored.class_names);
  const auto scores =
      score_examples(model, loader, {.stream = stream}, {},
                     [&](const ExampleBatch& batch, const Tensor& row) { predictions.add(batch, row); });
  fmt::print("{}, {}: {} examples, loss {:.4f}{}\n", options.data, options.split,
             readable_count(loader.examples()), scores->loss,
             scores->accuracy ? fmt::format(", accuracy {:.2f}%", 100 * *scores->accuracy) : "");
  if (model.shapes().classes > 0) fmt::print("\n{}", predictions.class_table());
  if (options.out.empty()) return;
  write_file_atomically(options.out, predictions.csv());
  fmt::print("\npredictions: {}\n", options.out);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(
      "What a network that dlcore_train made from the list of layers in a configuration says of inputs with "
      "targets.",
      "dlcore_predict");
  Options options;
  app.add_option("model", options.model, "model.safetensors of a run")->required();
  app.add_option("--data", options.data, "File of inputs with targets (io/FORMAT.md)")->required();
  app.add_option("--split", options.split, "train, val or test")->capture_default_str();
  app.add_option("--out", options.out, "Table of all predictions to write, CSV");
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
