#include "core/allocator.h"

#if __has_include(<sys/mman.h>)
#include <sys/mman.h>
#endif

#include <algorithm>
#include <array>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

#include "core/backend.h"
#include "core/format.h"

namespace dlcore {
namespace {

constexpr std::size_t guard_bytes = Allocator::alignment;
constexpr std::size_t huge_page = std::size_t{2} << 20;  // of x86-64
constexpr auto guard_pattern = std::byte{0xa5};

// AddressSanitizer finds a use after release only when released memory really goes back. g++ tells of it with
// a macro, clang with a feature.
#ifndef __has_feature
#define __has_feature(feature) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
constexpr bool keeps_released = false;
#else
constexpr bool keeps_released = true;
#endif

// Rounded up to a multiple of an eighth of the power of two below it.
std::size_t size_class(std::size_t bytes) {
  const std::size_t step =
      std::max(Allocator::alignment, std::bit_floor(std::max<std::size_t>(bytes, 1)) / 8);
  return (std::max<std::size_t>(bytes, 1) + step - 1) / step * step;
}

std::string readable(std::size_t bytes) {
  if (bytes < (1u << 20)) return fmt::format("{:.1f} KiB", static_cast<double>(bytes) / (1 << 10));
  if (bytes < (1u << 30)) return fmt::format("{:.1f} MiB", static_cast<double>(bytes) / (1 << 20));
  return fmt::format("{:.2f} GiB", static_cast<double>(bytes) / (1 << 30));
}

}  // namespace

bool Allocator::guards_wanted() {
  const char* wanted = std::getenv("DLCORE_GUARD");
#ifdef NDEBUG
  return wanted != nullptr && *wanted == '1';
#else
  return wanted == nullptr || *wanted == '1';
#endif
}

void* Allocator::obtain(std::size_t capacity) {
  if (page_locked_) return backend::allocate_host(device_.index, capacity);
  if (device_.is_cuda()) return backend::allocate(device_.index, capacity);
  if (capacity < huge_page) return std::aligned_alloc(alignment, capacity);
  void* const base = std::aligned_alloc(huge_page, (capacity + huge_page - 1) / huge_page * huge_page);
#ifdef MADV_HUGEPAGE
  // A wish, of which nothing but speed depends. The whole pages alone, so that no more memory is taken.
  if (base != nullptr) (void)madvise(base, capacity / huge_page * huge_page, MADV_HUGEPAGE);
#endif
  return base;
}

void Allocator::give_back(void* base) noexcept {
  if (page_locked_)
    backend::release_host(device_.index, base);
  else if (device_.is_cuda())
    backend::release(device_.index, base);
  else
    std::free(base);
}

void Allocator::give_back_free() noexcept {
  for (const auto& [size, block] : free_) give_back(block);
  free_.clear();
  statistics_.cached = 0;
}

void Allocator::make_room(std::size_t capacity) noexcept {
  if (device_.is_cuda()) return;  // there, giving back waits for all that is queued
  const std::size_t wanted = statistics_.in_use + capacity;
  const std::size_t limit = std::max(most_in_use_, wanted);
  while (!free_.empty() && wanted + statistics_.cached > limit) {
    // The next larger one, whose memory the system can hand out again at once.
    auto block = free_.lower_bound(capacity);
    if (block == free_.end()) --block;
    give_back(block->second);
    statistics_.cached -= block->first;
    free_.erase(block);
  }
}

void* Allocator::allocate(std::size_t bytes) {
  const std::scoped_lock lock(mutex_);
  ++statistics_.requests;
  // A size near the top of size_t is a request that cannot be met, not one whose rounding wraps around.
  constexpr std::size_t too_much = std::size_t{1} << 56;
  const std::size_t capacity = bytes < too_much ? size_class(bytes + (guards_ ? 2 * guard_bytes : 0)) : bytes;
  void* base = nullptr;
  if (const auto found = free_.find(capacity); found != free_.end()) {
    base = found->second;
    free_.erase(found);
    statistics_.cached -= capacity;
  } else {
    ++statistics_.system_requests;
    if (bytes < too_much) make_room(capacity);
    base = bytes < too_much ? obtain(capacity) : nullptr;
    if (base == nullptr && !free_.empty() && bytes < too_much) {
      give_back_free();
      base = obtain(capacity);
    }
  }
  if (base == nullptr) {
    std::string room;
    if (device_.is_cuda() && !page_locked_) {
      std::size_t free_bytes = 0;
      std::size_t total_bytes = 0;
      backend::memory_info(device_.index, free_bytes, total_bytes);
      room = fmt::format(", free {} of {}", readable(free_bytes), readable(total_bytes));
    }
    fail("out of {}memory on {}: {} asked for, {} in use by dlcore{}; a smaller batch needs less",
         page_locked_ ? "page-locked host " : "", device_, readable(bytes), readable(statistics_.in_use),
         room);
  }
  const Block block{capacity, bytes, guards_};
  auto* bytes_begin = static_cast<std::byte*>(base);
  void* pointer = guards_ ? bytes_begin + guard_bytes : bytes_begin;
  if (guards_) write_guards(bytes_begin, block);
  live_.emplace(pointer, block);
  statistics_.in_use += capacity;
  statistics_.peak_in_use = std::max(statistics_.peak_in_use, statistics_.in_use);
  most_in_use_ = std::max(most_in_use_, statistics_.in_use);
  return pointer;
}

void Allocator::release(void* pointer) noexcept {
  if (pointer == nullptr) return;
  const std::scoped_lock lock(mutex_);
  const auto found = live_.find(pointer);
  if (found == live_.end()) return;
  const Block block = found->second;
  auto* base = static_cast<std::byte*>(pointer) - (block.guarded ? guard_bytes : 0);
  if (block.guarded && damage_.empty()) damage_ = inspect(base, block);
  live_.erase(found);
  statistics_.in_use -= block.capacity;
  if (keeps_released) {
    free_.emplace(block.capacity, base);
    statistics_.cached += block.capacity;
  } else {
    give_back(base);
  }
}

void Allocator::release_cached() noexcept {
  const std::scoped_lock lock(mutex_);
  give_back_free();
}

Allocator::Statistics Allocator::statistics() const {
  const std::scoped_lock lock(mutex_);
  return statistics_;
}

void Allocator::reset_peak() {
  const std::scoped_lock lock(mutex_);
  statistics_.peak_in_use = statistics_.in_use;
}

void Allocator::use_guards(bool on) {
  const std::scoped_lock lock(mutex_);
  guards_ = on;
}

void Allocator::write_guards(std::byte* base, const Block& block) {
  std::array<std::byte, guard_bytes> pattern;
  pattern.fill(guard_pattern);
  for (std::byte* place : {base, base + guard_bytes + block.size}) {
    if (device_.is_cuda())
      backend::copy(device_.index, place, pattern.data(), guard_bytes, nullptr);
    else
      std::memcpy(place, pattern.data(), guard_bytes);
  }
}

std::string Allocator::inspect(const std::byte* base, const Block& block) const {
  std::array<std::byte, guard_bytes> found;
  for (const bool after : {false, true}) {
    const std::byte* place = after ? base + guard_bytes + block.size : base;
    if (device_.is_cuda()) {
      backend::copy(device_.index, found.data(), place, guard_bytes, nullptr);
      backend::synchronize_device(device_.index);
    } else {
      std::memcpy(found.data(), place, guard_bytes);
    }
    for (std::size_t i = 0; i < guard_bytes; ++i)
      if (found[i] != guard_pattern)
        return fmt::format("a block of {} bytes on {} was overwritten {} bytes {} it", block.size,
                           to_string(device_), after ? i : guard_bytes - i,
                           after ? "past the end of" : "before the start of");
  }
  return {};
}

void Allocator::check_guards() const {
  const std::scoped_lock lock(mutex_);
  require(damage_.empty(), "{}", damage_);
  for (const auto& [pointer, block] : live_) {
    if (!block.guarded) continue;
    const std::string damage = inspect(static_cast<const std::byte*>(pointer) - guard_bytes, block);
    require(damage.empty(), "{}", damage);
  }
}

namespace {

using Allocators = std::vector<std::unique_ptr<Allocator>>;

// Leaked on purpose: tensors with static lifetime may be released after any static destructor.
Allocators& make_for_gpus(bool page_locked) {
  auto* all = new Allocators;
  for (int i = 0; i < cuda_device_count(); ++i)
    all->push_back(std::make_unique<Allocator>(Device::cuda(i), page_locked));
  return *all;
}

Allocator& of_gpu(const Allocators& gpus, Device device) {
  require(device.is_cuda() && device.index < static_cast<int>(gpus.size()),
          "device {} was used, but there are {} GPUs", device, gpus.size());
  return *gpus[static_cast<std::size_t>(device.index)];
}

}  // namespace

Allocator& allocator(Device device) {
  static auto& cpu = *new Allocator(Device::cpu());
  static auto& gpus = make_for_gpus(false);
  return device.is_cpu() ? cpu : of_gpu(gpus, device);
}

Allocator& staging_allocator(Device gpu) {
  static auto& gpus = make_for_gpus(true);
  return of_gpu(gpus, gpu);
}

}  // namespace dlcore
