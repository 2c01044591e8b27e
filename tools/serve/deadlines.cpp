#include "tools/serve/deadlines.h"

namespace dlcore {

Deadlines::Deadlines(std::chrono::milliseconds limit) : limit_(limit), thread_([this] { run(); }) {}

Deadlines::~Deadlines() {
  {
    const std::lock_guard guard(mutex_);
    ended_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Deadlines::add(std::function<void()> late) {
  const std::lock_guard guard(mutex_);
  entries_.push_back({Clock::now() + limit_, std::move(late)});
  if (entries_.size() == 1) changed_.notify_all();
}

void Deadlines::run() {
  std::unique_lock lock(mutex_);
  while (!ended_) {
    if (entries_.empty()) {
      changed_.wait(lock);
    } else if (const auto time = entries_.front().time; time > Clock::now()) {
      changed_.wait_until(lock, time);
    } else {
      const std::function<void()> late = std::move(entries_.front().late);
      entries_.pop_front();
      lock.unlock();
      late();
      lock.lock();
    }
  }
}

}  // namespace dlcore
