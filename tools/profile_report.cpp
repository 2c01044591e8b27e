#include "tools/profile_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

namespace dlcore {
namespace {

using Kind = Profile::Kind;
using Spans = std::vector<Profile::Span>;

constexpr std::size_t shown_layers = 30;

struct Row {
  std::string name;
  double forward = 0, backward = 0;  // seconds; a kernel's are all in the first
  double flop = 0, bytes = 0;
  std::int64_t calls = 0;
  double seconds() const { return forward + backward; }
};

struct Steps {
  std::int64_t count = 0;
  double seconds = 0;
};

Steps steps_of(const Spans& spans) {
  Steps steps;
  for (const auto& span : spans)
    if (span.parent < 0 && span.name == "step") {
      ++steps.count;
      steps.seconds += span.seconds;
    }
  return steps;
}

// The layer, or else the phase, that a span is a part of; itself where it is one.
int owner_of(const Spans& spans, int span) {
  while (spans[static_cast<std::size_t>(span)].kind == Kind::kernel)
    span = spans[static_cast<std::size_t>(span)].parent;
  return span;
}

// 0 as an empty cell.
std::string cell(double value, int digits) {
  return value == 0 ? "" : fmt::format("{:.{}f}", value, digits);
}

std::string rate(double amount, double seconds) {
  return amount == 0 || seconds == 0 ? "" : fmt::format("{:.1f}", 1e-9 * amount / seconds);
}

std::vector<Row> longest_first(std::map<std::string, Row> rows) {
  std::vector<Row> sorted;
  for (auto& [name, row] : rows) sorted.push_back(std::move(row));
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const Row& a, const Row& b) { return a.seconds() > b.seconds(); });
  return sorted;
}

}  // namespace

std::string layer_table(const Spans& spans) {
  const Steps steps = steps_of(spans);
  if (steps.count == 0) return "";
  std::map<std::string, Row> rows;
  const auto row_of = [&](const Profile::Span& span) -> Row& {
    Row& row = rows[span.name];
    row.name = span.kind == Kind::layer ? span.name : "(" + span.name + ")";
    return row;
  };
  for (std::size_t i = 0; i < spans.size(); ++i) {
    const Profile::Span& span = spans[i];
    const bool backward = span.detail == "backward" || span.name == "backward";
    if (span.kind == Kind::kernel) {
      const int owner = owner_of(spans, static_cast<int>(i));
      if (owner < 0) continue;
      Row& row = row_of(spans[static_cast<std::size_t>(owner)]);
      row.flop += span.flop;
      row.bytes += span.bytes;
      continue;
    }
    (backward ? row_of(span).backward : row_of(span).forward) += span.seconds;
    if (span.parent < 0) continue;  // what a part takes is not also its owner's
    const Profile::Span& parent = spans[static_cast<std::size_t>(span.parent)];
    (parent.name == "backward" ? row_of(parent).backward : row_of(parent).forward) -= span.seconds;
  }
  const auto per_step = static_cast<double>(steps.count);
  std::string text =
      fmt::format("{:<46}{:>10}{:>10}{:>7}{:>10}{:>10}{:>10}\n", "layer (or phase, outside of layers)",
                  "forward", "backward", "share", "GFLOP", "GFLOP/s", "MB");
  const auto line = [&](const Row& row) {
    return fmt::format("{:<46}{:>10}{:>10}{:>6.1f}%{:>10}{:>10}{:>10}\n", row.name,
                       cell(1e3 * row.forward / per_step, 3), cell(1e3 * row.backward / per_step, 3),
                       100 * row.seconds() / steps.seconds, cell(1e-9 * row.flop / per_step, 3),
                       rate(row.flop, row.seconds()), cell(1e-6 * row.bytes / per_step, 2));
  };
  const std::vector<Row> sorted = longest_first(std::move(rows));
  Row rest;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    if (i < shown_layers) {
      text += line(sorted[i]);
      continue;
    }
    rest.forward += sorted[i].forward;
    rest.backward += sorted[i].backward;
    rest.flop += sorted[i].flop;
    rest.bytes += sorted[i].bytes;
  }
  if (sorted.size() > shown_layers) {
    rest.name = fmt::format("{} more, all in the trace", sorted.size() - shown_layers);
    text += line(rest);
  }
  return text;
}

std::string kernel_table(const Spans& spans) {
  const Steps steps = steps_of(spans);
  if (steps.count == 0) return "";
  std::map<std::string, Row> rows;
  Row outside{.name = "(outside of kernels)", .forward = steps.seconds};
  for (const auto& span : spans) {
    if (span.kind != Kind::kernel) continue;
    Row& row = rows[span.name];
    row.name = span.name;
    row.forward += span.seconds;
    row.flop += span.flop;
    row.bytes += span.bytes;
    ++row.calls;
    outside.forward -= span.seconds;
  }
  const auto per_step = static_cast<double>(steps.count);
  std::string text = fmt::format("{:<32}{:>8}{:>10}{:>7}{:>10}{:>10}{:>10}{:>10}\n", "kernel", "calls", "ms",
                                 "share", "GFLOP", "GFLOP/s", "MB", "GB/s");
  std::vector<Row> sorted = longest_first(std::move(rows));
  sorted.push_back(outside);
  for (const Row& row : sorted)
    text += fmt::format("{:<32}{:>8}{:>10.3f}{:>6.1f}%{:>10}{:>10}{:>10}{:>10}\n", row.name,
                        cell(static_cast<double>(row.calls) / per_step, 1), 1e3 * row.forward / per_step,
                        100 * row.forward / steps.seconds, cell(1e-9 * row.flop / per_step, 3),
                        rate(row.flop, row.forward), cell(1e-6 * row.bytes / per_step, 2),
                        rate(row.bytes, row.forward));
  return text;
}

std::string trace_json(const Spans& spans) {
  nlohmann::ordered_json events = nlohmann::ordered_json::array();
  constexpr const char* kinds[] = {"phase", "layer", "kernel"};
  for (const auto& span : spans) {
    nlohmann::ordered_json event{{"name", span.name},
                                 {"cat", kinds[static_cast<std::size_t>(span.kind)]},
                                 {"ph", "X"},
                                 {"ts", 1e6 * span.begin},
                                 {"dur", 1e6 * span.seconds},
                                 {"pid", 1},
                                 {"tid", 1}};
    nlohmann::ordered_json about = nlohmann::ordered_json::object();
    if (!span.detail.empty()) about["detail"] = span.detail;
    if (span.flop > 0) about["flop"] = span.flop;
    if (span.bytes > 0) about["bytes"] = span.bytes;
    if (!about.empty()) event["args"] = about;
    events.push_back(event);
  }
  return nlohmann::ordered_json{{"traceEvents", events}, {"displayTimeUnit", "ms"}}.dump();
}

}  // namespace dlcore
