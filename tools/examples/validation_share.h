// Which examples are for validation where nobody has said so.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace dlcore {

/// Of each class so large a share, drawn at random from the seed, at least one where a class has two examples
/// or more and the share is not 0. labels (n); returns (n).
std::vector<bool> choose_validation(std::span<const std::int32_t> labels, double share, std::uint64_t seed);

}  // namespace dlcore
