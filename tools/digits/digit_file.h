// Drawn digits as a file of examples: built-in data for a classifier.
#pragma once

#include <cstdint>
#include <string>

namespace dlcore {

struct DigitFileOptions {
  std::string out;  // io/FORMAT.md, "Examples": inputs (n, side, side, 1)
  std::int64_t count = 10000;
  std::uint64_t seed = 1;
  std::int64_t side = 28;
};

/// Digits 0 to count - 1 of the seed; every tenth is for validation, of fewer than ten the last. Equal
/// options give equal files. Error for fewer than 2 digits.
void write_digits(const DigitFileOptions& options);

}  // namespace dlcore
