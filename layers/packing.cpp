#include "layers/packing.h"

#include "core/error.h"

namespace dlcore {

Packing Packing::from_lengths(std::span<const std::int64_t> lengths) {
  Packing packing;
  packing.batch_ = static_cast<std::int64_t>(lengths.size());
  for (std::size_t r = 0; r < lengths.size(); ++r)
    require(lengths[r] >= 0 && (r == 0 || lengths[r] <= lengths[r - 1]),
            "packing: lengths must fall and not be negative, but number {} is {}", r, lengths[r]);
  std::int64_t alive = packing.batch_;
  std::int64_t offset = 0;
  for (std::int64_t t = 0; !lengths.empty() && t < lengths[0]; ++t) {
    while (lengths[static_cast<std::size_t>(alive - 1)] <= t) --alive;
    packing.sizes_.push_back(alive);
    packing.offsets_.push_back(offset);
    offset += alive;
  }
  return packing;
}

Packing Packing::full(std::int64_t N, std::int64_t T) {
  return from_lengths(std::vector<std::int64_t>(static_cast<std::size_t>(N), T));
}

}  // namespace dlcore
