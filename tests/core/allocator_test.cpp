#include "core/allocator.h"

#include <algorithm>
#include <cstdint>
#include <limits>

#include "core/error.h"
#include "core/tensor.h"
#include "tests/devices.h"
#include "tests/sanitized.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

Device some_device(bool gpu) {
  return gpu ? Device::cuda() : Device::cpu();
}

}  // namespace

TEST_CASE("the allocator counts what it hands out") {
  for (int gpu = 0; gpu < 1 + (cuda_device_count() > 0); ++gpu) {
    Allocator mine(some_device(gpu == 1));
    mine.use_guards(false);
    void* a = mine.allocate(1000);
    void* b = mine.allocate(5000);
    CHECK(reinterpret_cast<std::uintptr_t>(a) % Allocator::alignment == 0);
    CHECK(reinterpret_cast<std::uintptr_t>(b) % Allocator::alignment == 0);
    auto now = mine.statistics();
    CHECK(now.in_use >= 6000);
    CHECK(now.in_use <= 6000 + 6000 / 8 + 2 * Allocator::alignment);
    CHECK(now.peak_in_use == now.in_use);
    CHECK(now.requests == 2);
    CHECK(now.system_requests == 2);
    mine.release(b);
    now = mine.statistics();
    CHECK(now.in_use == 1024);
    CHECK(now.peak_in_use > now.in_use);
    mine.reset_peak();
    CHECK(mine.statistics().peak_in_use == 1024);
    mine.release(a);
    CHECK(mine.statistics().in_use == 0);
    mine.release_cached();
    CHECK(mine.statistics().cached == 0);
  }
}

TEST_CASE("a released block is handed out again to a request of its class") {
  if (sanitized) DLCORE_SKIP("AddressSanitizer: released blocks are not kept");
  Allocator mine(Device::cpu());
  mine.use_guards(false);
  void* first = mine.allocate(100000);
  mine.release(first);
  const auto kept = mine.statistics().cached;
  CHECK(kept >= 100000);
  CHECK(kept <= 100000 + 100000 / 8);
  void* second = mine.allocate(99000);
  CHECK(second == first);
  CHECK(mine.statistics().cached == 0);
  CHECK(mine.statistics().system_requests == 1);
  void* third = mine.allocate(100000);
  CHECK(third != first);
  CHECK(mine.statistics().system_requests == 2);
  mine.release(second);
  mine.release(third);
}

TEST_CASE("what is held is at most what was once in use") {
  Allocator mine(Device::cpu());
  mine.use_guards(false);
  std::size_t most = 0;
  for (int i = 0; i < 2000; ++i) {  // of ever other sizes, two at a time
    void* const a = mine.allocate(static_cast<std::size_t>(1000 + i * i));
    void* const b = mine.allocate(static_cast<std::size_t>(1000 + i));
    mine.release(a);
    mine.release(b);
    most = std::max(most, mine.statistics().in_use + mine.statistics().cached);
  }
  CHECK(most <= mine.statistics().peak_in_use);
}

TEST_CASE("blocks of no bytes are blocks") {
  Allocator mine(Device::cpu());
  void* a = mine.allocate(0);
  void* b = mine.allocate(0);
  CHECK(a != nullptr);
  CHECK(a != b);
  mine.release(a);
  mine.release(b);
  mine.release(nullptr);
  CHECK(mine.statistics().in_use == 0);
}

TEST_CASE("a request that cannot be met says what was asked for and what is in use") {
  Allocator mine(Device::cpu());
  mine.use_guards(false);
  void* held = mine.allocate(std::size_t{3} << 20);
  const auto message = error_of([&] { mine.allocate(std::size_t{1} << 60); });
  CHECK(contains(message, "out of memory on cpu"));
  CHECK(contains(message, "1073741824.00 GiB asked for"));
  CHECK(contains(message, "3.0 MiB in use"));
  CHECK_THROWS_AS(mine.allocate(std::numeric_limits<std::size_t>::max()), Error);
  CHECK_THROWS_AS(Tensor(Shape{std::int64_t{1} << 58}, DType::float32), Error);
  if (!sanitized) {
    mine.release(mine.allocate(1000));
    CHECK(mine.statistics().cached > 0);
    CHECK_THROWS_AS(mine.allocate(std::size_t{1} << 50), Error);
    CHECK(mine.statistics().cached == 0);  // given back in the attempt
  }
  mine.release(held);
  mine.release(mine.allocate(1000));  // and goes on working
  CHECK(mine.statistics().in_use == 0);
}

// Each write is undone, so that the check at the end of the test case finds nothing.
TEST_CASE("guard bytes find a write outside of a tensor") {
  const Tensor tensor(Shape{100}, DType::float32);
  auto* bytes = static_cast<unsigned char*>(tensor.raw());
  const auto& source = allocator(Device::cpu());
  CHECK_NOTHROW(source.check_guards());
  struct Case {
    std::ptrdiff_t where;
    const char* says;
  };
  for (const Case& c :
       {Case{-1, "a block of 400 bytes on cpu was overwritten 1 bytes before the start of it"},
        Case{-256, "overwritten 256 bytes before the start of it"},
        Case{400, "overwritten 0 bytes past the end of it"},
        Case{655, "overwritten 255 bytes past the end of it"}}) {
    const unsigned char before = bytes[c.where];
    bytes[c.where] = 0;
    CHECK(contains(error_of([&] { source.check_guards(); }), c.says));
    bytes[c.where] = before;
    CHECK_NOTHROW(source.check_guards());
  }
}

TEST_CASE("damage is remembered after the block was released") {
  Allocator mine(Device::cpu());
  mine.use_guards(true);
  auto* block = static_cast<unsigned char*>(mine.allocate(10));
  block[10] = 0;
  mine.release(block);
  CHECK(contains(error_of([&] { mine.check_guards(); }), "block of 10 bytes"));
}

TEST_CASE("guard bytes may be switched while blocks are out") {
  Allocator mine(Device::cpu());
  mine.use_guards(false);
  void* bare = mine.allocate(512);
  mine.use_guards(true);
  void* guarded = mine.allocate(512);
  mine.use_guards(false);
  CHECK_NOTHROW(mine.check_guards());
  mine.release(guarded);
  mine.release(bare);
  CHECK_NOTHROW(mine.check_guards());
  CHECK(mine.statistics().in_use == 0);
}

TEST_CASE("asking for the allocator of an absent GPU is an error") {
  CHECK(contains(error_of([] { allocator(Device::cuda(1000)); }), "device cuda:1000 was used"));
}

TEST_CASE("a stream's workspace grows and is kept") {
  for (int gpu = 0; gpu < 1 + (cuda_device_count() > 0); ++gpu) {
    const Stream stream(some_device(gpu == 1));
    void* small = stream.workspace(1000);
    CHECK(stream.workspace(10) == small);
    const Stream same = stream;  // NOLINT(performance-unnecessary-copy-initialization): copies share it
    void* large = same.workspace(100000);
    CHECK(stream.workspace(100000) == large);
  }
}
