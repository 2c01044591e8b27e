#include "core/heap.h"

#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <vector>

#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "tests/catch.h"
#include "tests/process_usage.h"

using namespace dlcore;
using namespace dlcore::test;

#ifdef __GLIBC__
TEST_CASE("pages between what stays in the heap go back to the system") {
  constexpr std::size_t blocks = 4000, bytes = 10'000;
  std::vector<std::unique_ptr<std::byte[]>> block;
  const std::size_t before = mallinfo2().uordblks;
  for (std::size_t i = 0; i < blocks; ++i) {
    block.push_back(std::make_unique<std::byte[]>(bytes));
    for (std::size_t j = 0; j < bytes; j += 1000) block.back()[j] = std::byte(i + j);
  }
  if (mallinfo2().uordblks < before + blocks * bytes) return;  // a sanitizer's heap
  const std::int64_t full = usage_of(getpid()).memory;
  for (std::size_t i = 0; i < blocks; ++i)
    if (i % 10 != 0) block[i].reset();
  trim_heap();
  const std::int64_t trimmed = usage_of(getpid()).memory;
  constexpr std::int64_t dropped = blocks * bytes / 10 * 9 / 1024;
  CHECK(full - trimmed > dropped / 10 * 8);
  bool same = true;
  for (std::size_t i = 0; i < blocks; i += 10)
    for (std::size_t j = 0; j < bytes; j += 1000) same = same && block[i][j] == std::byte(i + j);
  CHECK(same);
}
#endif
