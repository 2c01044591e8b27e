#include "tools/examples/validation_share.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "core/random.h"

namespace dlcore {

std::vector<bool> choose_validation(std::span<const std::int32_t> labels, double share, std::uint64_t seed) {
  std::map<std::int32_t, std::vector<std::size_t>> of_classes;
  for (std::size_t i = 0; i < labels.size(); ++i) of_classes[labels[i]].push_back(i);
  std::vector<bool> chosen(labels.size(), false);
  for (const auto& [label, members] : of_classes) {
    const auto count = static_cast<std::int64_t>(members.size());
    if (count < 2 || share <= 0) continue;
    const auto wanted = static_cast<std::int64_t>(std::lround(share * static_cast<double>(count)));
    const std::vector<std::int64_t> order =
        Random(seed, static_cast<std::uint64_t>(label)).permutation(count);
    for (std::int64_t k = 0; k < std::clamp<std::int64_t>(wanted, 1, count - 1); ++k)
      chosen[members[static_cast<std::size_t>(order[static_cast<std::size_t>(k)])]] = true;
  }
  return chosen;
}

}  // namespace dlcore
