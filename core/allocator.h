// A caching allocator, one per device, and one per GPU for page-locked host memory.
//
// A released block is kept and handed out again to a request of the same size class (eight classes per
// doubling, so at most 12.5% is wasted), so that a training step allocates nothing after the first one of its
// size. On a CPU it never holds more, in use and kept, than was once in use at once: sizes that change all
// the time, as in a server, would each leave blocks. A block may be handed out again while work that uses it
// is still queued: memory is reused in the order of the device's one stream, so a tensor that a second stream
// uses must be kept until that stream has been synchronised. Page-locked memory must be kept until copies
// from or to it are done.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <unordered_map>

#include "core/device.h"

namespace dlcore {

class Allocator {
 public:
  static constexpr std::size_t alignment = 256;  // bytes, of every block on every device

  struct Statistics {
    std::size_t in_use = 0;            // bytes handed out now
    std::size_t peak_in_use = 0;       // the most there ever was, since the last reset_peak
    std::size_t cached = 0;            // bytes kept for reuse
    std::int64_t requests = 0;         // calls of allocate so far
    std::int64_t system_requests = 0;  // of these, the ones that had to ask the system
  };

  explicit Allocator(Device device, bool page_locked = false) : device_(device), page_locked_(page_locked) {}
  ~Allocator() { release_cached(); }
  Allocator(const Allocator&) = delete;
  Allocator& operator=(const Allocator&) = delete;

  /// At least `bytes` bytes, aligned. Throws Error with the sizes asked for, in use, cached and free when the
  /// device has no such block left even after the cache has been given back.
  void* allocate(std::size_t bytes);
  void release(void* block) noexcept;

  void release_cached() noexcept;  // gives every cached block back to the system
  Statistics statistics() const;
  void reset_peak();

  /// Guard bytes: a known pattern before and after every block that is handed out from now on. On in debug
  /// builds and with DLCORE_GUARD=1. check_guards throws Error when a block, live or released, was written
  /// outside.
  void use_guards(bool on);
  void check_guards() const;

 private:
  struct Block {
    std::size_t capacity;  // bytes obtained from the system
    std::size_t size;      // bytes asked for
    bool guarded;
  };

  void* obtain(std::size_t capacity);
  void give_back(void* base) noexcept;
  void give_back_free() noexcept;
  void make_room(std::size_t capacity) noexcept;
  void write_guards(std::byte* base, const Block& block);
  std::string inspect(const std::byte* base, const Block& block) const;  // empty: intact

  Device device_;
  bool page_locked_;
  mutable std::mutex mutex_;
  bool guards_ = guards_wanted();
  std::string damage_;  // what release() found, for check_guards() to report
  Statistics statistics_;
  std::size_t most_in_use_ = 0;             // ever
  std::unordered_map<void*, Block> live_;   // by the pointer handed out
  std::multimap<std::size_t, void*> free_;  // capacity to base

  static bool guards_wanted();
};

Allocator& allocator(Device device);
/// Of host memory that this GPU copies from and to by itself.
Allocator& staging_allocator(Device gpu);

}  // namespace dlcore
