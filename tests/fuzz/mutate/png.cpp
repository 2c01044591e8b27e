// PNG files whose chunks have the right checksums.
#include "tests/fuzz/mutate/checksums.h"
#include "tests/fuzz/mutate/mutator.h"

namespace {

using namespace dlcore::fuzz;

void repair(std::uint8_t* data, std::size_t size) {
  for (std::size_t at = 8; at + 12 <= size;) {
    const std::uint64_t length = big_endian(data + at, 4);
    if (length > size - at - 12) return;
    put_big_endian(data + at + 8 + length, crc32(data + at + 4, length + 4), 4);
    at += 12 + length;
  }
}

}  // namespace

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most,
                                               unsigned int seed) {
  std::minstd_rand random(seed);
  const std::size_t result = LLVMFuzzerMutate(data, size, most);
  if (random() % 16 != 0) repair(data, result);
  return result;
}
