// Philox4x32-10, the counter-based generator: four random words from a 128-bit counter and a 64-bit key, by
// integer arithmetic alone, hence the same on every device. Source: Salmon et al., "Parallel random numbers:
// as easy as 1, 2, 3", SC 2011.
//
// The function has internal linkage because kernel files, which are compiled for several instruction sets,
// use it.
#pragma once

#include <cstdint>

#ifdef __CUDACC__
#define DLCORE_HOST_DEVICE __host__ __device__
#else
#define DLCORE_HOST_DEVICE
#endif

namespace dlcore {

struct PhiloxWords {
  std::uint32_t word[4];
};

/// Counter (index, subsequence), both 64 bits, low word first; key `seed`, low word first.
DLCORE_HOST_DEVICE static inline PhiloxWords philox(std::uint64_t seed, std::uint64_t index,
                                                    std::uint64_t subsequence) {
  std::uint32_t c0 = static_cast<std::uint32_t>(index);
  std::uint32_t c1 = static_cast<std::uint32_t>(index >> 32);
  std::uint32_t c2 = static_cast<std::uint32_t>(subsequence);
  std::uint32_t c3 = static_cast<std::uint32_t>(subsequence >> 32);
  std::uint32_t k0 = static_cast<std::uint32_t>(seed);
  std::uint32_t k1 = static_cast<std::uint32_t>(seed >> 32);
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t p0 = std::uint64_t{0xD2511F53u} * c0;
    const std::uint64_t p1 = std::uint64_t{0xCD9E8D57u} * c2;
    const std::uint32_t n0 = static_cast<std::uint32_t>(p1 >> 32) ^ c1 ^ k0;
    const std::uint32_t n2 = static_cast<std::uint32_t>(p0 >> 32) ^ c3 ^ k1;
    c1 = static_cast<std::uint32_t>(p1);
    c3 = static_cast<std::uint32_t>(p0);
    c0 = n0;
    c2 = n2;
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  return {{c0, c1, c2, c3}};
}

}  // namespace dlcore
