// Random numbers on the host: a sequence of Philox words, for initialisation, shuffling and drawing data.
// Normal numbers are made here in double and then moved, so a parameter starts with the same bits on every
// device.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/tensor.h"

namespace dlcore {

class Random {
 public:
  /// Sequences with different `subsequence` are independent.
  explicit Random(std::uint64_t seed, std::uint64_t subsequence = 0)
      : seed_(seed), subsequence_(subsequence) {}

  std::uint32_t word();
  double uniform();                                       // [0, 1), 53 random bits
  double normal();                                        // mean 0, deviation 1 (Box-Muller)
  std::int64_t below(std::int64_t limit);                 // uniform over 0 .. limit-1, without bias
  std::vector<std::int64_t> permutation(std::int64_t n);  // of 0 .. n-1 (Fisher-Yates)

  void fill_normal(const Tensor& tensor, double deviation);  // any floating type, any device
  void fill_uniform(const Tensor& tensor, double low, double high);

 private:
  std::uint64_t seed_;
  std::uint64_t subsequence_;
  std::uint64_t index_ = 0;  // of the next block of four words
  int used_ = 4;             // words used of the current block
  std::uint32_t block_[4] = {};
  bool has_spare_ = false;
  double spare_ = 0;
};

}  // namespace dlcore
