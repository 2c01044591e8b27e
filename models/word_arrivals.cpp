#include "models/word_arrivals.h"

#include <algorithm>

namespace dlcore {

WordArrivals::WordArrivals(const Stream& stream, const Tensor& words, const Tensor& losses)
    : stream_(stream),
      words_(words),
      losses_(losses),
      host_words_(Tensor::staging(words.shape(), DType::int32, stream.device())) {
  if (losses.defined()) host_losses_ = Tensor::staging(losses.shape(), losses.dtype(), stream.device());
}

WordArrivals::~WordArrivals() {
  if (!marks_.empty()) marks_.back().first.settle();  // copies into the host's memory may be under way
}

void WordArrivals::queue(std::int64_t t) {
  copy(stream_, words_.rows(t, t + 1), host_words_.rows(t, t + 1));
  if (losses_.defined()) copy(stream_, losses_.rows(t, t + 1), host_losses_.rows(t, t + 1));
}

void WordArrivals::mark(std::int64_t end) {
  marks_.emplace_back(Event(stream_.device()), end);
  marks_.back().first.record(stream_);
}

StepWords WordArrivals::next() {
  const std::int64_t t = taken_++;
  std::find_if(marks_.begin(), marks_.end(), [t](const auto& mark) {
    return mark.second > t;
  })->first.synchronize();
  StepWords step{1, host_words_.rows(t, t + 1).to_vector<std::int32_t>(), {}};
  if (losses_.defined()) step.log_probability = host_losses_.rows(t, t + 1).to_vector<double>();
  for (double& value : step.log_probability) value = -value;
  return step;
}

}  // namespace dlcore
