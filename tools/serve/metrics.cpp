#include "tools/serve/metrics.h"

#include <fmt/format.h>

#include <algorithm>

namespace dlcore {
namespace {

std::string head(const char* name, const char* type, const char* help) {
  return fmt::format("# HELP {0} {2}\n# TYPE {0} {1}\n", name, type, help);
}

}  // namespace

void Histogram::add(double value) {
  const auto bucket = std::lower_bound(limits_.begin(), limits_.end(), value) - limits_.begin();
  ++counts_[static_cast<std::size_t>(bucket)];
  sum_ += value;
}

std::string Histogram::text(const std::string& name) const {
  std::string text;
  std::int64_t total = 0;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    total += counts_[i];
    const std::string limit = i < limits_.size() ? fmt::format("{}", limits_[i]) : "+Inf";
    text += fmt::format("{}_bucket{{le=\"{}\"}} {}\n", name, limit, total);
  }
  return text + fmt::format("{0}_sum {1}\n{0}_count {2}\n", name, sum_, total);
}

void Metrics::add_request(const std::string& path, int status, std::chrono::duration<double> time) {
  const std::lock_guard guard(mutex_);
  ++requests_[{path, status}];
  if (path == "/caption" && status == 200) caption_seconds_.add(time.count());
}

void Metrics::add_batch(std::int64_t pictures) {
  const std::lock_guard guard(mutex_);
  batch_.add(static_cast<double>(pictures));
  pictures_ += pictures;
}

std::string Metrics::text(std::int64_t waiting, std::int64_t bytes) const {
  const std::lock_guard guard(mutex_);
  std::string text = head("dlcore_http_requests_total", "counter", "Requests that were answered.");
  for (const auto& [what, count] : requests_)
    text += fmt::format("dlcore_http_requests_total{{path=\"{}\",code=\"{}\"}} {}\n", what.first, what.second,
                        count);
  text += head("dlcore_caption_seconds", "histogram",
               "Time from a request's head to its answer, of /caption with code 200.") +
          caption_seconds_.text("dlcore_caption_seconds");
  text += head("dlcore_batch_pictures", "histogram", "Pictures captioned together.") +
          batch_.text("dlcore_batch_pictures");
  text += head("dlcore_pictures_captioned_total", "counter", "Pictures that were captioned.") +
          fmt::format("dlcore_pictures_captioned_total {}\n", pictures_);
  text += head("dlcore_queue_requests", "gauge", "Requests that wait to be captioned.") +
          fmt::format("dlcore_queue_requests {}\n", waiting);
  text +=
      head("dlcore_request_bytes", "gauge", "Bytes of the bodies of requests that are not answered yet.") +
      fmt::format("dlcore_request_bytes {}\n", bytes);
  text += head("process_start_time_seconds", "gauge", "Start of the process since 1970 in seconds.") +
          fmt::format("process_start_time_seconds {:.3f}\n",
                      std::chrono::duration<double>(start_.time_since_epoch()).count());
  return text;
}

}  // namespace dlcore
