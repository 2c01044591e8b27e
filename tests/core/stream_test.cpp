#include "core/stream.h"

#include <cstdint>
#include <vector>

#include "core/backend.h"
#include "core/tensor.h"
#include "tests/catch.h"

using namespace dlcore;

TEST_CASE("a stream separates rows as long as someone asks for it") {
  const Stream stream;
  const Stream same = stream;  // a handle: the queue is one
  const Stream other;
  CHECK_FALSE(stream.separates_rows());
  {
    const SeparateRows outer(stream);
    {
      const SeparateRows inner(same);
      CHECK(stream.separates_rows());
    }
    CHECK(same.separates_rows());
    CHECK_FALSE(other.separates_rows());
  }
  CHECK_FALSE(stream.separates_rows());
}

TEST_CASE("a stream has counters on a GPU, which are 0") {
  CHECK(Stream().counters() == nullptr);
  if (cuda_device_count() == 0) DLCORE_SKIP("no GPU here");
  const Stream stream(Device::cuda(0));
  std::vector<std::uint32_t> counters(Stream::counter_count, 1);
  backend::copy(0, counters.data(), stream.counters(), counters.size() * sizeof(std::uint32_t),
                stream.native());
  stream.synchronize();
  CHECK(counters == std::vector<std::uint32_t>(Stream::counter_count, 0));
}
