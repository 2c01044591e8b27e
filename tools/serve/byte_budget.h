// Bytes that many may hold together, however they divide them.
#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

namespace dlcore {

/// Everything may be called in any thread. It outlives its shares.
class ByteBudget {
 public:
  explicit ByteBudget(std::int64_t most) : most_(most) {}
  ByteBudget(const ByteBudget&) = delete;
  ByteBudget& operator=(const ByteBudget&) = delete;

  std::int64_t most() const { return most_; }
  std::int64_t held() const { return held_; }

  /// What one holds of it, given back at its end.
  class Share {
   public:
    Share() = default;
    Share(Share&& other) noexcept : budget_(std::exchange(other.budget_, nullptr)), bytes_(other.bytes_) {}
    Share& operator=(Share&& other) noexcept {
      release();
      budget_ = std::exchange(other.budget_, nullptr);
      bytes_ = other.bytes_;
      return *this;
    }
    ~Share() { release(); }

    /// So many bytes from now on. False, and it holds none, where there are not so many.
    bool hold(ByteBudget& budget, std::int64_t bytes) {
      if (budget_ == nullptr) bytes_ = 0;
      budget_ = &budget;
      const std::int64_t more = bytes - bytes_;
      bytes_ = bytes;
      if (budget.held_ += more; budget.held_ <= budget.most_ || more <= 0) return true;
      release();
      return false;
    }
    void release() {
      if (budget_ != nullptr) budget_->held_ -= bytes_;
      budget_ = nullptr;
    }

   private:
    ByteBudget* budget_ = nullptr;
    std::int64_t bytes_ = 0;
  };

 private:
  const std::int64_t most_;
  std::atomic<std::int64_t> held_ = 0;
};

}  // namespace dlcore
