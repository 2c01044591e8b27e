// HDF5 files whose superblock and objects have the right checksums, as far as their length is easily known.
#include <cstring>

#include "tests/fuzz/mutate/checksums.h"
#include "tests/fuzz/mutate/mutator.h"

namespace {

using namespace dlcore::fuzz;

void seal(std::uint8_t* block, std::size_t size) {
  put_little_endian(block + size - 4, lookup3(block, size - 4), 4);
}

// The bytes of an object header's first block, with its checksum; 0 where it does not fit.
std::size_t header_size(const std::uint8_t* at, std::size_t left) {
  if (left < 16) return 0;
  const unsigned flags = at[5];
  std::size_t begin = 6;
  if ((flags & 0x20) != 0) begin += 16;  // times
  if ((flags & 0x10) != 0) begin += 4;   // numbers of attributes
  const int width = 1 << (flags & 3);
  if (begin + static_cast<std::size_t>(width) > left) return 0;
  const std::uint64_t messages = little_endian(at + begin, width);
  if (messages > left) return 0;
  const std::size_t size = begin + static_cast<std::size_t>(width) + messages + 4;
  return size <= left ? size : 0;
}

void repair(std::uint8_t* data, std::size_t size) {
  if (size >= 48 && (data[8] == 2 || data[8] == 3)) seal(data, 48);
  for (std::size_t i = 0; i + 8 <= size; ++i)
    if (std::memcmp(data + i, "OHDR", 4) == 0)
      if (const std::size_t length = header_size(data + i, size - i)) seal(data + i, length);
}

}  // namespace

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most,
                                               unsigned int seed) {
  std::minstd_rand random(seed);
  // Places are addresses in the file: what moves them destroys all, so it should be rare.
  const std::size_t result = LLVMFuzzerMutate(data, size, random() % 8 == 0 ? most : size);
  if (random() % 16 != 0) repair(data, result);
  return result;
}
