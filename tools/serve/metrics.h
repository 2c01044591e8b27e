// What the server has done so far, as Prometheus reads it.
// Format: https://prometheus.io/docs/instrumenting/exposition_formats/
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace dlcore {

/// Counts of observations by upper limits, and their sum.
class Histogram {
 public:
  explicit Histogram(std::vector<double> limits) : limits_(std::move(limits)), counts_(limits_.size() + 1) {}

  void add(double value);
  /// NAME_bucket, NAME_sum and NAME_count.
  std::string text(const std::string& name) const;

 private:
  std::vector<double> limits_;  // rising
  std::vector<std::int64_t> counts_;
  double sum_ = 0;
};

/// Everything may be called in any thread.
class Metrics {
 public:
  /// path: one of a few.
  void add_request(const std::string& path, int status, std::chrono::duration<double> time);
  void add_batch(std::int64_t pictures);

  /// waiting: requests that wait to be captioned now; bytes: of the bodies of all requests that are here.
  std::string text(std::int64_t waiting, std::int64_t bytes) const;

 private:
  mutable std::mutex mutex_;
  std::map<std::pair<std::string, int>, std::int64_t> requests_;
  Histogram caption_seconds_{{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30}};
  Histogram batch_{{1, 2, 4, 8, 16, 32, 64, 128}};
  std::int64_t pictures_ = 0;
  const std::chrono::system_clock::time_point start_ = std::chrono::system_clock::now();
};

}  // namespace dlcore
