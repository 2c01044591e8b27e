// Work on numbered items in several threads, with the results in order and not too many of them waiting.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace dlcore {

/// `make(i)` for i = begin to end - 1 in `threads` threads, which are at most `window` items ahead of next().
template <class T>
class OrderedPipeline {
 public:
  OrderedPipeline(std::int64_t begin, std::int64_t end, int threads, std::int64_t window,
                  std::function<T(std::int64_t)> make)
      : make_(std::move(make)),
        taken_(begin),
        given_(begin),
        end_(end),
        slots_(static_cast<std::size_t>(window)) {
    for (int i = 0; i < std::max(threads, 1); ++i) threads_.emplace_back([this] { work(); });
  }
  ~OrderedPipeline() {
    {
      const std::lock_guard guard(mutex_);
      end_ = given_;  // nothing more is begun
    }
    space_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }
  OrderedPipeline(const OrderedPipeline&) = delete;
  OrderedPipeline& operator=(const OrderedPipeline&) = delete;

  /// The next result; throws what make() threw for it. Not to be called more often than there are items.
  T next() {
    std::unique_lock lock(mutex_);
    Slot& slot = slot_of(taken_);
    ready_.wait(lock, [&] { return slot.value || slot.failure; });
    const std::exception_ptr failure = std::exchange(slot.failure, nullptr);
    std::optional<T> value = std::exchange(slot.value, std::nullopt);
    ++taken_;
    lock.unlock();
    space_.notify_one();
    if (failure) std::rethrow_exception(failure);
    return std::move(*value);
  }

 private:
  struct Slot {
    std::optional<T> value;
    std::exception_ptr failure;
  };

  Slot& slot_of(std::int64_t item) { return slots_[static_cast<std::size_t>(item) % slots_.size()]; }

  void work() {
    std::unique_lock lock(mutex_);
    while (true) {
      space_.wait(
          lock, [&] { return given_ >= end_ || given_ - taken_ < static_cast<std::int64_t>(slots_.size()); });
      if (given_ >= end_) return;
      const std::int64_t item = given_++;
      lock.unlock();
      Slot made;
      try {
        made.value = make_(item);
      } catch (...) {
        made.failure = std::current_exception();
      }
      lock.lock();
      slot_of(item) = std::move(made);
      ready_.notify_one();
    }
  }

  const std::function<T(std::int64_t)> make_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable space_;
  std::condition_variable ready_;
  std::int64_t taken_;  // by next()
  std::int64_t given_;  // to threads
  std::int64_t end_;
  std::vector<Slot> slots_;
  std::vector<std::thread> threads_;
};

}  // namespace dlcore
