// Places buffers that live for known spans of time into one arena, so that buffers which are never alive
// together share memory.
#pragma once

#include <cstddef>
#include <vector>

namespace dlcore {

class MemoryPlan {
 public:
  static constexpr std::size_t alignment = 256;  // bytes, of every offset

  /// A buffer of `bytes` that is alive at the times begin .. end, both included. Returns its number.
  std::size_t add(std::size_t bytes, int begin, int end);

  /// Chooses an offset for every buffer: the largest first, each at the lowest place that is free while it
  /// lives.
  void solve();

  std::size_t offset(std::size_t buffer) const { return buffers_[buffer].offset; }
  std::size_t bytes(std::size_t buffer) const { return buffers_[buffer].bytes; }
  std::size_t count() const { return buffers_.size(); }
  std::size_t total() const { return total_; }  // bytes of the arena
  std::size_t sum() const;                      // bytes without sharing

  /// Whether the solved offsets also serve `wanted`: as many buffers, none larger than planned.
  bool serves(const MemoryPlan& wanted) const;
  /// Raises each buffer to the size that `other` gave it, where both have as many.
  void grow_to(const MemoryPlan& other);

 private:
  struct Buffer {
    std::size_t bytes;
    int begin, end;
    std::size_t offset;
  };
  std::vector<Buffer> buffers_;
  std::size_t total_ = 0;
};

}  // namespace dlcore
