// The words that decoding has chosen, on their way from the device to the host, step by step.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "core/event.h"
#include "core/tensor.h"
#include "models/decode_step.h"

namespace dlcore {

class WordArrivals {
 public:
  /// words: (T, n) int32; losses: (T, n), each word's negative log-probability, or undefined.
  WordArrivals(const Stream& stream, const Tensor& words, const Tensor& losses);
  ~WordArrivals();
  WordArrivals(const WordArrivals&) = delete;
  WordArrivals& operator=(const WordArrivals&) = delete;

  /// Queues the copies of step t.
  void queue(std::int64_t t);
  /// What is queued so far has the steps before `end`: only those can be taken.
  void mark(std::int64_t end);
  std::int64_t outstanding() const { return (marks_.empty() ? 0 : marks_.back().second) - taken_; }
  /// The oldest step that was not taken; waits for it.
  StepWords next();

 private:
  Stream stream_;
  Tensor words_, losses_, host_words_, host_losses_;
  std::vector<std::pair<Event, std::int64_t>> marks_;
  std::int64_t taken_ = 0;
};

}  // namespace dlcore
