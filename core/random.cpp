#include "core/random.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <utility>

#include "core/error.h"
#include "core/philox.h"

namespace dlcore {

std::uint32_t Random::word() {
  if (used_ == 4) {
    const PhiloxWords words = philox(seed_, index_++, subsequence_);
    for (int i = 0; i < 4; ++i) block_[i] = words.word[i];
    used_ = 0;
  }
  return block_[used_++];
}

double Random::uniform() {
  const std::uint64_t high = word() >> 5;  // 27 bits
  const std::uint64_t low = word() >> 6;   // 26 bits
  return static_cast<double>((high << 26) | low) * 0x1p-53;
}

double Random::normal() {
  if (has_spare_) {
    has_spare_ = false;
    return spare_;
  }
  const double radius = std::sqrt(-2 * std::log(1 - uniform()));
  const double angle = 2 * std::numbers::pi * uniform();
  spare_ = radius * std::sin(angle);
  has_spare_ = true;
  return radius * std::cos(angle);
}

std::int64_t Random::below(std::int64_t limit) {
  require(limit > 0, "a random number below {} does not exist", limit);
  const auto range = static_cast<std::uint64_t>(limit);
  const std::uint64_t unfair =
      (0 - range) % range;  // 2^64 mod range: this many low values would be too frequent
  for (;;) {
    const std::uint64_t bits = (std::uint64_t{word()} << 32) | word();
    if (bits >= unfair) return static_cast<std::int64_t>(bits % range);
  }
}

std::vector<std::int64_t> Random::permutation(std::int64_t n) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(n));
  std::iota(order.begin(), order.end(), 0);
  for (std::int64_t i = n - 1; i > 0; --i)
    std::swap(order[static_cast<std::size_t>(i)], order[static_cast<std::size_t>(below(i + 1))]);
  return order;
}

namespace {

// A piece at a time: of large weights, all numbers at once would take several times their own memory.
template <class Draw>
void fill(const Tensor& tensor, Draw draw) {
  constexpr std::int64_t piece = 1 << 14;
  const Stream stream(tensor.device());
  std::vector<double> values;
  for (std::int64_t begin = 0; begin < tensor.numel(); begin += piece) {
    const Shape shape{std::min(piece, tensor.numel() - begin)};
    values.resize(static_cast<std::size_t>(shape.numel()));
    for (auto& value : values) value = draw();
    const Tensor target = tensor.slice(begin, shape);
    if (tensor.device().is_cpu())
      convert(std::span<const double>(values), target);
    else
      copy(stream, Tensor::from(values, shape).to(tensor.dtype()), target);
  }
}

}  // namespace

void Random::fill_normal(const Tensor& tensor, double deviation) {
  fill(tensor, [&] { return deviation * normal(); });
}

void Random::fill_uniform(const Tensor& tensor, double low, double high) {
  fill(tensor, [&] { return low + (high - low) * uniform(); });
}

}  // namespace dlcore
