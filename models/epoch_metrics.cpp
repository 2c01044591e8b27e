#include "models/epoch_metrics.h"

#include <fmt/format.h>

#include <limits>

#include "models/saved_state.h"

namespace dlcore {

void EpochMetrics::state(SavedState& saved) {
  saved.value("epoch", epoch);
  saved.value("step", step);
  saved.value("seconds", seconds);
  saved.value("train_loss", train_loss);
  saved.value("val_loss", val_loss);
  saved.optional("val_loss_shuffled", val_loss_shuffled);
  saved.value("items_per_second", items_per_second);
  saved.value("learning_rate", learning_rate);
  saved.optional("accuracy", accuracy);
  saved.optional("reward", reward);
  saved.optional("captions", captions);
}

std::vector<MetricColumn> metric_columns(const EpochMetrics& m) {
  std::vector<MetricColumn> columns;
  const auto add = [&](const std::string& name, auto value, const char* format) {
    columns.push_back({name, static_cast<double>(value), fmt::format(fmt::runtime(format), value)});
  };
  add("epoch", m.epoch, "{}");
  add("step", m.step, "{}");
  add("seconds", m.seconds, "{:.3f}");
  add("train_loss", m.train_loss, "{:.6f}");
  add("val_loss", m.val_loss, "{:.6f}");
  if (m.val_loss_shuffled) add("val_loss_shuffled", *m.val_loss_shuffled, "{:.6f}");
  if (m.accuracy) add("accuracy", *m.accuracy, "{:.6f}");
  add(m.items + "_per_second", m.items_per_second, "{:.1f}");
  add("learning_rate", m.learning_rate, "{:g}");
  if (m.captions) {
    const CaptionReport& report = *m.captions;
    constexpr const char* bleu_names[] = {"bleu1", "bleu2", "bleu3", "bleu4"};
    for (std::size_t n = 0; n < report.scores.bleu.size(); ++n)
      add(bleu_names[n], report.scores.bleu[n], "{:.6f}");
    add("rouge_l", report.scores.rouge_l, "{:.6f}");
    add("cider", report.scores.cider, "{:.6f}");
    add("cider_exchanged", report.cider_exchanged, "{:.6f}");
    add("captions", report.images, "{}");
    add("distinct", report.distinct, "{}");
  }
  if (m.reward) add("reward", *m.reward, "{:.6f}");
  return columns;
}

double image_gap(const EpochMetrics& metrics) {
  return metrics.val_loss_shuffled.value_or(std::numeric_limits<double>::quiet_NaN()) - metrics.val_loss;
}

bool ignores_image(const EpochMetrics& metrics) {
  return image_gap(metrics) < smallest_image_gap;
}

}  // namespace dlcore
