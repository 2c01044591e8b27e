#include "models/graph_task.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "core/format.h"
#include "core/profile.h"
#include "models/graph_file.h"
#include "models/readback.h"

namespace dlcore {
namespace {

// What a configuration with a graph may say besides optimizer.*.
constexpr std::array keys_of_graphs = std::to_array<std::string_view>({"graph",
                                                                       "data.root",
                                                                       "data.file",
                                                                       "data.train_limit",
                                                                       "data.val_limit",
                                                                       "data.validate_on",
                                                                       "data.cache_mib",
                                                                       "train.epochs",
                                                                       "train.batch",
                                                                       "train.shuffle",
                                                                       "train.drop_last",
                                                                       "train.clip_norm",
                                                                       "train.clip_value",
                                                                       "train.accumulate",
                                                                       "train.average",
                                                                       "train.patience",
                                                                       "train.best",
                                                                       "train.report",
                                                                       "train.tensorboard",
                                                                       "train.checkpoint_every",
                                                                       "train.not_finite",
                                                                       "train.seed",
                                                                       "train.precision",
                                                                       "train.out"});

void require_keys_of_graphs(const Config& config) {
  for (const auto& [key, value] : config_values(config))
    require(value == key.initial || key.name.starts_with("optimizer.") ||
                std::find(keys_of_graphs.begin(), keys_of_graphs.end(), key.name) != keys_of_graphs.end(),
            "{} is for captioners: with a graph it would do nothing", key.name);
  require(config.encoder_learning_rate == Config().encoder_learning_rate,
          "optimizer.encoder_learning_rate is for captioners: with a graph it would do nothing");
  require(config.train.best == "loss" || config.train.best == "accuracy",
          "train.best is {}, but of a network there are loss and accuracy", config.train.best);
}

ExampleLoader::Options loader_options(const Config& config, bool training) {
  const bool on_train = training || config.data.validate_on == "train";
  return {.batch = config.train.batch,
          .shuffle = training && config.train.shuffle,
          .drop_last = training && config.train.drop_last,
          .seed = static_cast<std::uint64_t>(config.train.seed),
          .limit = on_train ? config.data.train_limit : config.data.val_limit,
          .type = dtype_from_name(config.train.precision)};
}

// How many of the rows of scores (N, C) are largest at their label; of equal scores the first counts.
std::int64_t count_right(const Tensor& scores, const Tensor& labels) {
  const std::vector<double> all = scores.to_vector<double>();
  const std::vector<std::int32_t> wanted = labels.to_vector<std::int32_t>();
  const auto C = static_cast<std::ptrdiff_t>(scores.shape().cols());
  std::int64_t right = 0;
  for (std::size_t n = 0; n < wanted.size(); ++n) {
    const auto row = all.begin() + static_cast<std::ptrdiff_t>(n) * C;
    right += std::max_element(row, row + C) - row == wanted[n] ? 1 : 0;
  }
  return right;
}

std::string target_text(const ExampleData& data, const ExampleSplit& split, std::int64_t row) {
  const auto at = static_cast<std::size_t>(row);
  if (data.has_classes()) {
    const std::int32_t label = split.labels[at];
    const auto& names = data.class_names();
    return names.empty() ? std::to_string(label) : names[static_cast<std::size_t>(label)];
  }
  const auto size = static_cast<std::size_t>(data.target_shape().numel());
  return fmt::format("{}", fmt::join(std::span(split.values).subspan(at * size, size), " "));
}

}  // namespace

ExampleData open_examples(const Config& config) {
  require_keys_of_graphs(config);
  require(!config.data.file.empty(), "the configuration names no data: 'data.file' is empty");
  FeatureReader::Options options;
  options.cache_bytes = static_cast<std::size_t>(config.data.cache_mib) << 20;
  std::vector<std::string> splits{"train"};
  if (config.data.validate_on == "val") splits.emplace_back("val");
  return ExampleData::open(config.data.located(config.data.file), splits, options);
}

ExampleShapes shapes_of(const ExampleData& data) {
  return {data.input_shape(), data.has_classes() ? data.classes() : 0, data.target_shape(), data.has_bytes()};
}

GraphTask::GraphTask(const Config& config, const ExampleData& data, Device device)
    : config_(config),
      data_(data),
      stream_(device),
      train_(data.split("train"), data.target_shape(), loader_options(config, true), stream_),
      val_(data.split(config.data.validate_on), data.target_shape(), loader_options(config, false), stream_),
      model_(config.graph, shapes_of(data), dtype_from_name(config.train.precision), device),
      part_(*this) {
  require(config.train.best != "accuracy" || data.has_classes(),
          "train.best is accuracy, but the targets in {} are no classes",
          config.data.located(config.data.file));
  model_.initialize(static_cast<std::uint64_t>(config.train.seed));
}

std::vector<TrainingTask::Module> GraphTask::modules() {
  return {{"network", "", &model_.parameters(), config_.optimizer.learning_rate}};
}

void GraphTask::Part::reserve(const Context& training) {
  task_.model_.reserve(training, std::min(batch_size(), examples()));
}

std::optional<Learned> GraphTask::Part::learn(Context training, const How&) {
  GraphModel& model = task_.model_;
  const ExampleBatch* batch = in_phase("data", [&] { return task_.train_.next(); });
  if (batch == nullptr) return std::nullopt;
  const Tensor loss = in_phase("forward", [&] {
    return model.loss(training, model.forward(training, batch->inputs), batch->targets);
  });
  in_phase("backward", [&] { model.backward(training); });
  return Learned{.loss = loss,
                 .examples = batch->count(),
                 .items = batch->count(),
                 .described = [&data = task_.data_, rows = batch->rows] {
                   BadStep::Examples examples{"examples"};
                   for (const std::int64_t row : rows)
                     examples.fields.push_back({{"row", std::to_string(row)},
                                                {"target", target_text(data, data.split("train"), row)}});
                   return examples;
                 }};
}

std::optional<ExampleScores> score_examples(
    GraphModel& model, ExampleLoader& loader, const Context& evaluation, const std::function<bool()>& stop,
    const std::function<void(const ExampleBatch&, const Tensor& scores)>& each) {
  struct Frozen {
    GraphModel& model;
    ~Frozen() { model.thaw(); }
  } frozen{model};
  model.freeze(evaluation.stream);
  double sum = 0;
  std::int64_t right = 0, count = 0;
  Readback losses(evaluation.stream);
  loader.start(1);
  while (const ExampleBatch* batch = loader.next()) {
    if (stop && stop()) return std::nullopt;
    const Tensor scores = model.forward(evaluation, batch->inputs);
    losses.queue(model.loss(evaluation, scores, batch->targets), {},
                 [&sum, N = static_cast<double>(batch->count())](double loss, double) { sum += N * loss; });
    if (model.shapes().classes > 0) right += count_right(scores, batch->targets);
    if (each) each(*batch, scores);
    count += batch->count();
  }
  losses.finish();
  ExampleScores result{sum / static_cast<double>(count)};
  if (model.shapes().classes > 0) result.accuracy = static_cast<double>(right) / static_cast<double>(count);
  return result;
}

std::optional<Validation> GraphTask::validate(const Context& evaluation, const std::function<bool()>& stop) {
  const std::optional<ExampleScores> scores = score_examples(model_, val_, evaluation, stop);
  if (!scores) return std::nullopt;
  return Validation{.loss = scores->loss, .accuracy = scores->accuracy};
}

void GraphTask::save(const std::string& path) {
  save_graph_model(path, model_, data_.class_names());
}

TrainingTask::Facts GraphTask::facts() {
  const auto describe = [](const ExampleSplit& split) { return fmt::format("{} examples", split.count()); };
  return {{"network", fmt::format("{} layers, {} parameters", config_.graph.nodes.size(),
                                  model_.parameters().trainable_count())},
          {"inputs", to_string(data_.input_shape())},
          {"targets", data_.has_classes() ? fmt::format("{} classes", data_.classes())
                                          : fmt::format("numbers {}", data_.target_shape())},
          {"training data", describe(data_.split("train"))},
          {"validation data", describe(data_.split(config_.data.validate_on))}};
}

std::string GraphTask::data_text() const {
  std::string text = readable_count(data_.split("train").count()) + " training examples";
  if (data_.has("val"))
    text += fmt::format(", {} validation examples", readable_count(data_.split("val").count()));
  return fmt::format("data: {}; inputs {}; targets {}\n", text, data_.input_shape(),
                     data_.has_classes() ? fmt::format("{} classes", data_.classes())
                                         : fmt::format("numbers {}", data_.target_shape()));
}

std::string GraphTask::model_text() {
  return fmt::format("model: {} layers, {} parameters, {}\n", config_.graph.nodes.size(),
                     readable_count(model_.parameters().trainable_count()), model_.dtype());
}

std::string GraphTask::start_text(const Context& evaluation) {
  train_.start(1);
  const ExampleBatch* batch = train_.next();
  const Tensor scores = model_.forward(evaluation, batch->inputs);
  return fmt::format("initial loss {:.4f}\n",
                     model_.loss(evaluation, scores, batch->targets).to_vector<double>()[0]);
}

}  // namespace dlcore
