#include "tools/predict/predictions.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/format.h"

namespace dlcore {

namespace {

// RFC 4180.
std::string cell(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted.append(c == '"' ? 2 : 1, c);
  return quoted + '"';
}

std::int64_t largest(std::span<const double> scores) {
  return std::max_element(scores.begin(), scores.end()) - scores.begin();
}

}  // namespace

Predictions::Predictions(const ExampleShapes& shapes, std::vector<std::string> class_names)
    : classes_(shapes.classes), names_(std::move(class_names)) {
  confusion_.resize(static_cast<std::size_t>(classes_ * classes_));
}

std::string Predictions::name(std::int64_t c) const {
  const auto at = static_cast<std::size_t>(c);
  return at < names_.size() ? names_[at] : std::to_string(c);
}

void Predictions::begin_csv(const std::string& inputs, std::size_t scores) {
  if (!csv_.empty()) return;
  csv_ = inputs;
  if (classes_ > 0) csv_ += ",predicted";
  for (std::size_t k = 0; k < scores; ++k)
    csv_ +=
        fmt::format(",{}", classes_ > 0 ? cell(fmt::format("score {}", name(static_cast<std::int64_t>(k))))
                                        : fmt::format("predicted{}", k));
  csv_ += "\n";
}

void Predictions::finish_row(std::span<const double> scores) {
  if (classes_ > 0) csv_ += fmt::format(",{}", cell(name(largest(scores))));
  csv_ += fmt::format(",{:g}\n", fmt::join(scores, ","));
}

void Predictions::add(const ExampleBatch& batch, const Tensor& scores) {
  const std::vector<double> all = scores.to_vector<double>(), targets = batch.targets.to_vector<double>();
  const auto columns = all.size() / batch.rows.size(), targets_each = targets.size() / batch.rows.size();
  std::string inputs = "row";
  if (classes_ > 0)
    inputs += ",target";
  else
    for (std::size_t k = 0; k < targets_each; ++k) inputs += fmt::format(",target{}", k);
  begin_csv(inputs, columns);
  for (std::size_t n = 0; n < batch.rows.size(); ++n) {
    const auto row = std::span(all).subspan(n * columns, columns);
    csv_ += std::to_string(batch.rows[n]);
    if (classes_ > 0) {
      const auto wanted = static_cast<std::int64_t>(targets[n]);
      ++confusion_[static_cast<std::size_t>(wanted * classes_ + largest(row))];
      csv_ += fmt::format(",{}", cell(name(wanted)));
    } else {
      csv_ +=
          fmt::format(",{:g}", fmt::join(std::span(targets).subspan(n * targets_each, targets_each), ","));
    }
    finish_row(row);
  }
}

void Predictions::add(const std::string& picture, std::span<const double> scores) {
  begin_csv("picture", scores.size());
  csv_ += cell(picture);
  finish_row(scores);
}

std::string Predictions::class_table() const {
  std::size_t width = 5;
  for (std::int64_t c = 0; c < classes_; ++c) width = std::max(width, name(c).size());
  std::string text =
      fmt::format("{:<{}}  {:>8}  {:>8}  {}\n", "class", width, "examples", "right", "most often taken for");
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

std::string Predictions::line(std::span<const double> scores, std::size_t classes_at_most) const {
  if (classes_ == 0) return fmt::format("{:g}", fmt::join(scores, "  "));
  std::vector<std::size_t> order(scores.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return scores[a] > scores[b]; });
  double sum = 0;
  for (const double score : scores) sum += std::exp(score - scores[order[0]]);
  std::string text;
  for (std::size_t i = 0; i < std::min(classes_at_most, order.size()); ++i)
    text += fmt::format("{}{} {:.1f}%", i == 0 ? "" : "  ", name(static_cast<std::int64_t>(order[i])),
                        100 * std::exp(scores[order[i]] - scores[order[0]]) / sum);
  return text;
}

}  // namespace dlcore
