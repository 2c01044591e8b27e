#include "kernels/dropout.h"

#include "core/philox.h"

#include "tests/devices.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

constexpr std::uint64_t seed = 12345;

Tensor dropped(const Target& target, const Tensor& x, double p, std::uint64_t step, std::uint64_t site) {
  const Tensor y = make_zeros(target, x.shape());
  kernels::dropout(target.stream, x, y, p, seed, step, site, x.numel());
  return y;
}

std::vector<bool> mask_of(const Tensor& y) {
  std::vector<bool> kept;
  for (const double v : numbers(y)) kept.push_back(v != 0);
  return kept;
}

double share_kept(const std::vector<bool>& mask) {
  double kept = 0;
  for (const bool k : mask) kept += k;
  return kept / static_cast<double>(mask.size());
}

Tensor ones(const Target& target, std::int64_t n) {
  return make(target, std::vector<double>(static_cast<std::size_t>(n), 1));
}

}  // namespace

TEST_CASE("dropout keeps elements at its rate and scales them") {
  on_every_target([](const Target& target) {
    const std::int64_t n = 100003;
    for (const double p : {0.1, 0.5, 0.9}) {
      INFO("p = " << p);
      const Tensor x = make_normal(target, Shape{n}, 1);
      const Tensor y = dropped(target, x, p, 7, 1);
      const auto mask = mask_of(y);
      CHECK(std::abs(share_kept(mask) - (1 - p)) < 5 * std::sqrt(p * (1 - p) / static_cast<double>(n)));
      auto want = numbers(x);
      for (std::size_t i = 0; i < want.size(); ++i) want[i] = mask[i] ? want[i] / (1 - p) : 0;
      check_close(target, y, want);
    }
  });
}

// Word k of the Philox call with index b decides element k * ceil(n / 4) + b.
TEST_CASE("dropout of awkward sizes writes every element and nothing else") {
  on_every_target([](const Target& target) {
    for (const std::int64_t n : {0, 1, 2, 3, 4, 5, 6, 7, 8, 31, 33, 257, 1599, 1600}) {
      const auto mask = mask_of(dropped(target, ones(target, n), 0.5, 7, 1));
      std::vector<bool> expected;
      for (std::int64_t i = 0; i < n; ++i) {
        const std::int64_t quarter = (n + 3) / 4;
        const PhiloxWords words =
            philox(seed, static_cast<std::uint64_t>(i % quarter), (std::uint64_t{1} << 48) ^ 7);
        expected.push_back(words.word[i / quarter] >= 0x80000000u);
      }
      CHECK(mask == expected);
    }
  });
}

TEST_CASE("every target drops the same elements, and the backward pass too") {
  const Target& first = targets().front();
  const auto want = mask_of(dropped(first, ones(first, 25671), 0.3, 9, 2));
  on_every_target([&](const Target& target) {
    CHECK(mask_of(dropped(target, ones(target, 25671), 0.3, 9, 2)) == want);
    const Tensor dy = make_normal(target, Shape{25671}, 3);
    const Tensor dx = dropped(target, dy, 0.3, 9, 2);
    CHECK(mask_of(dx) == want);
    kernels::dropout(target.stream, dy, dy, 0.3, seed, std::uint64_t{9}, std::uint64_t{2}, dy.numel());
    CHECK(same_bits(dy, dx));
  });
}

TEST_CASE("steps and sites drop other elements") {
  on_every_target([](const Target& target) {
    const std::int64_t n = 10000;
    const auto base = mask_of(dropped(target, ones(target, n), 0.5, 9, 2));
    for (const auto& other : {mask_of(dropped(target, ones(target, n), 0.5, 10, 2)),
                              mask_of(dropped(target, ones(target, n), 0.5, 9, 3))}) {
      double alike = 0;
      for (std::size_t i = 0; i < base.size(); ++i) alike += base[i] == other[i];
      CHECK(std::abs(alike / static_cast<double>(n) - 0.5) < 5 * std::sqrt(0.25 / static_cast<double>(n)));
    }
  });
}

TEST_CASE("dropout with p = 0 is the identity") {
  on_every_target([](const Target& target) {
    const Tensor x = make_normal(target, Shape{20001}, 1);
    CHECK(same_bits(dropped(target, x, 0, 1, 1), x));
  });
}
