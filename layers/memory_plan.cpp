#include "layers/memory_plan.h"

#include <algorithm>
#include <numeric>

namespace dlcore {

std::size_t MemoryPlan::add(std::size_t bytes, int begin, int end) {
  buffers_.push_back({bytes, begin, end, 0});
  return buffers_.size() - 1;
}

void MemoryPlan::solve() {
  std::vector<std::size_t> order(buffers_.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return buffers_[a].bytes > buffers_[b].bytes; });
  std::vector<std::size_t> placed;  // by rising offset
  total_ = 0;
  for (const std::size_t number : order) {
    Buffer& buffer = buffers_[number];
    std::size_t offset = 0;
    for (const std::size_t other_number : placed) {
      const Buffer& other = buffers_[other_number];
      if (other.end < buffer.begin || buffer.end < other.begin) continue;
      if (offset + buffer.bytes <= other.offset) break;
      offset = std::max(offset, (other.offset + other.bytes + alignment - 1) / alignment * alignment);
    }
    buffer.offset = offset;
    total_ = std::max(total_, offset + buffer.bytes);
    placed.insert(std::upper_bound(
                      placed.begin(), placed.end(), number,
                      [&](std::size_t a, std::size_t b) { return buffers_[a].offset < buffers_[b].offset; }),
                  number);
  }
}

std::size_t MemoryPlan::sum() const {
  std::size_t bytes = 0;
  for (const auto& buffer : buffers_) bytes += buffer.bytes;
  return bytes;
}

bool MemoryPlan::serves(const MemoryPlan& wanted) const {
  return std::equal(buffers_.begin(), buffers_.end(), wanted.buffers_.begin(), wanted.buffers_.end(),
                    [](const Buffer& have, const Buffer& want) { return want.bytes <= have.bytes; });
}

void MemoryPlan::grow_to(const MemoryPlan& other) {
  if (other.buffers_.size() != buffers_.size()) return;
  for (std::size_t i = 0; i < buffers_.size(); ++i)
    buffers_[i].bytes = std::max(buffers_[i].bytes, other.buffers_[i].bytes);
}

}  // namespace dlcore
