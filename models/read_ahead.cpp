#include "models/read_ahead.h"

#include "core/stopwatch.h"

namespace dlcore {

ReadAhead::ReadAhead(std::size_t slots, const Stream& consumer)
    : consumer_(consumer), copies_(consumer.device()) {
  for (std::size_t i = 0; i < slots; ++i) read_.emplace_back(consumer.device());
}

void ReadAhead::stop() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void ReadAhead::start(std::int64_t first, std::int64_t end, Fill fill) {
  stop();
  stopping_ = false;
  finished_ = false;
  failure_ = nullptr;
  release_current();
  ready_.clear();
  free_.clear();
  for (std::size_t i = 0; i < read_.size(); ++i) free_.push_back(i);
  thread_ = std::thread([this, first, end, fill = std::move(fill)] { run(first, end, fill); });
}

void ReadAhead::run(std::int64_t first, std::int64_t end, const Fill& fill) {
  std::exception_ptr failure;
  try {
    for (std::int64_t batch = first; batch < end; ++batch) {
      std::size_t slot = 0;
      {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return stopping_ || !free_.empty(); });
        if (stopping_) return;
        slot = free_.front();
        free_.pop_front();
      }
      const Copies copies = fill(slot, batch);
      if (consumer_.device().is_cuda()) copy_to_device(slot, copies);
      {
        const std::scoped_lock lock(mutex_);
        ready_.push_back(slot);
      }
      changed_.notify_all();
    }
  } catch (...) {
    failure = std::current_exception();
  }
  {
    const std::scoped_lock lock(mutex_);
    failure_ = failure;
    finished_ = true;
  }
  changed_.notify_all();
}

void ReadAhead::copy_to_device(std::size_t slot, const Copies& copies) {
  read_[slot].hold(copies_);
  for (const auto& [part, place] : copies) {
    if (!part->defined()) continue;
    const Tensor target = place.slice(0, part->shape());
    copy(copies_, *part, target);
    *part = target;
  }
  copies_.synchronize();
}

void ReadAhead::release_current() {
  if (current_) read_[*current_].record(consumer_);
  current_.reset();
}

std::optional<std::size_t> ReadAhead::next() {
  std::unique_lock lock(mutex_);
  if (current_) {
    free_.push_back(*current_);
    release_current();
    changed_.notify_all();
  }
  if (ready_.empty() && !finished_) {
    const Stopwatch watch;
    changed_.wait(lock, [this] { return !ready_.empty() || finished_; });
    seconds_waited_ += watch.seconds();
  }
  if (ready_.empty()) {
    if (failure_) std::rethrow_exception(failure_);
    return std::nullopt;
  }
  current_ = ready_.front();
  ready_.pop_front();
  return current_;
}

}  // namespace dlcore
