#include "models/run_report.h"

#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <filesystem>

#include "core/error.h"
#include "io/atomic_file.h"
#include "io/html/assets.h"
#include "io/html/page.h"
#include "models/saved_state.h"

namespace dlcore {
namespace {

// Text that Markdown takes as it is, in a cell of a table.
std::string markdown_cell(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '<')
      escaped += "&lt;";
    else if (c == '&')
      escaped += "&amp;";
    else if (c == '\n' || c == '\r')
      escaped += ' ';
    else if (std::string_view("\\`*_{}[]()#+-.!|~>").find(c) != std::string_view::npos)
      escaped += std::string("\\") + c;
    else
      escaped += c;
  }
  return escaped;
}

std::string captions_markdown(const Gallery& gallery) {
  std::string text = "| image | " + (gallery.score_name.empty() ? "score" : gallery.score_name) +
                     " | captions | reference |\n| --- | --- | --- | --- |\n";
  for (const GalleryImage& image : gallery.images) {
    std::string captions;
    for (const auto& [how, caption] : image.captions)
      captions += (captions.empty() ? "" : "; ") + how + ": " + caption.caption;
    text += fmt::format("| {} | {} | {} | {} |\n", markdown_cell(image.name),
                        image.score ? fmt::format("{:.2f}", *image.score) : "", markdown_cell(captions),
                        image.references.empty() ? "" : markdown_cell(image.references[0]));
  }
  return text;
}

std::string configuration_markdown(const Config& config) {
  std::string text;
  for (const auto& line : dump_config(config)) {  // four spaces make a block of code
    if (text.empty() || text.back() == '\n') text += "    ";
    text += line;
  }
  return text;
}

const char* alarm_level(const EpochMetrics& metrics) {
  if (std::isnan(image_gap(metrics))) return "unknown";
  return ignores_image(metrics) ? "warning" : "good";
}

nlohmann::json configuration_json(const Config& config) {
  nlohmann::json entries = nlohmann::json::array();
  const std::string layers = fmt::format("{}", fmt::join(graph_lines(config.graph), "\n"));
  for (const auto& [key, value] : config_values(config))
    entries.push_back({{"key", key.name},
                       {"value", key.name == "graph" && !layers.empty() ? layers : value},
                       {"changed", value != key.initial}});
  return entries;
}

// "b" of "a/b" and "a/b/".
std::string last_folder(const std::string& path) {
  const auto whole = std::filesystem::absolute(path).lexically_normal();
  return (whole.has_filename() ? whole : whole.parent_path()).filename().string();
}

// NaN becomes null.
nlohmann::json number(double value) {
  return std::isfinite(value) ? nlohmann::json(value) : nlohmann::json();
}

}  // namespace

std::string image_sentence(const EpochMetrics& metrics) {
  if (std::isnan(image_gap(metrics)))
    return "Whether the model looks at the image is not known: the batches have too few different images to "
           "exchange.";
  const std::string exchanged = "with the images exchanged among the captions, the validation loss";
  if (ignores_image(metrics))
    return fmt::format(
        "The image is ignored: {} changes by {:+.3f} nats per caption, and should rise by {} at least.",
        exchanged, image_gap(metrics), smallest_image_gap);
  return fmt::format("The model looks at the image: {} is {:.3f} nats per caption higher.", exchanged,
                     image_gap(metrics));
}

RunReport::RunReport(const std::string& folder, const Config& config, Facts facts)
    : folder_(folder), config_(config), facts_(std::move(facts)), events_(folder) {}

void RunReport::step(const TrainingStep& step) {
  if (config_.train.report) steps_.add(step);
  if (!config_.train.tensorboard) return;
  if (std::isnan(step.reward))
    events_.scalar(step.step, "steps/loss", step.loss);
  else
    events_.scalar(step.step, "steps/reward", step.reward);
  events_.scalar(step.step, "steps/learning_rate", step.learning_rate);
  if (config_.train.clip_norm > 0) events_.scalar(step.step, "steps/gradient_norm", step.gradient_norm);
}

void RunReport::validated(const EpochMetrics& metrics, bool best, const Gallery& gallery) {
  epochs_.push_back(metrics);
  if (best) best_epoch_ = metrics.epoch;
  if (config_.train.report) write_file_atomically(folder_ + "/report.html", page(gallery));
  if (config_.train.tensorboard) append_events(metrics, gallery);
}

void RunReport::state(SavedState& saved) {
  saved.part("steps", steps_);
  std::string items = epochs_.empty() ? "" : epochs_.back().items;
  saved.table("epochs", epochs_);
  saved.value("items", items);
  for (EpochMetrics& epoch : epochs_) epoch.items = items;
  saved.value("best_epoch", best_epoch_);
  if (config_.train.tensorboard && !saved.restoring()) events_.flush();
  std::string events = std::filesystem::path(events_.path()).filename().string();
  std::int64_t written = events_.size();
  saved.value("events", events);
  saved.value("events_size", written);
  // It will be cut and written to: a checkpoint from somewhere must not reach what is not the run's.
  require(is_event_file(events) && events.find('/') == std::string::npos && written >= 0,
          "the run in {} goes on with \"{}\" from byte {}, which is no event file in its folder", folder_,
          events, written);
  // A file that is no longer there is not missed: its figures are in metrics.csv, too.
  if (config_.train.tensorboard && saved.restoring()) events_.go_on(folder_ + "/" + events, written);
}

std::string RunReport::page(const Gallery& gallery) const {
  const EpochMetrics& last = epochs_.back();
  nlohmann::json columns = nlohmann::json::array(), rows = nlohmann::json::array();
  std::vector<std::vector<std::string>> table(1);
  for (const MetricColumn& column : metric_columns(last)) {
    columns.push_back(column.name);
    table[0].push_back(column.name);
  }
  for (const EpochMetrics& epoch : epochs_) {
    nlohmann::json row = nlohmann::json::array();
    table.emplace_back();
    for (const MetricColumn& column : metric_columns(epoch)) {
      row.push_back(number(column.value));
      table.back().push_back(column.text);
    }
    rows.push_back(std::move(row));
  }
  nlohmann::json steps = nlohmann::json::array();
  for (const StepHistory::Point& point : steps_.points())
    steps.push_back({number(point.epoch), number(point.loss),
                     config_.train.clip_norm > 0 ? number(point.gradient_norm) : nlohmann::json(),
                     number(point.learning_rate)});
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const std::string title = last_folder(folder_);

  const std::string sentence = last.val_loss_shuffled ? image_sentence(last) : "";
  nlohmann::json alarm;  // null for a model of no images and captions
  if (!sentence.empty()) alarm = {{"level", alarm_level(last)}, {"text", sentence}};

  HtmlPage page;
  page.title = title;
  page.styles = {html::base_css, html::gallery_css, html::charts_css, html::report_css};
  page.scripts = {html::base_js, html::gallery_js, html::charts_js, html::report_js};
  page.data = {
      {"title", title},
      {"updated", std::chrono::duration_cast<std::chrono::seconds>(now).count()},
      {"epochs", config_.train.epochs + config_.self_critical.epochs},
      {"best", {{"figure", config_.train.best}, {"epoch", best_epoch_}}},
      {"alarm", alarm},
      {"items", last.items},
      {"gap", number(image_gap(last))},
      {"columns", std::move(columns)},
      {"rows", std::move(rows)},
      {"steps",
       {{"columns", {"epoch", "loss", "gradient_norm", "learning_rate"}}, {"rows", std::move(steps)}}},
      {"facts", facts_},
      {"configuration", configuration_json(config_)},
      {"gallery", gallery_json(gallery)}};
  page.without_script =
      "<h1>" + html_text(title) + "</h1>\n<p>" + html_text(sentence) +
      "</p>\n<p>With JavaScript this page draws curves and shows photos and the probability of "
      "each word.</p>\n" +
      html_table(table) + gallery_without_script(gallery);
  return html_page(page);
}

void RunReport::append_events(const EpochMetrics& metrics, const Gallery& gallery) {
  for (const MetricColumn& column : metric_columns(metrics))
    events_.scalar(metrics.step, "metrics/" + column.name, column.value);
  if (epochs_.size() == 1) {
    events_.text(metrics.step, "configuration", configuration_markdown(config_));
    for (const GalleryImage& image : gallery.images)
      if (image.photo)
        events_.image(metrics.step, "photos/" + image.name, image.photo->height, image.photo->width,
                      image.photo->bytes);
  }
  if (!gallery.images.empty()) events_.text(metrics.step, "captions", captions_markdown(gallery));
  events_.flush();
}

}  // namespace dlcore
