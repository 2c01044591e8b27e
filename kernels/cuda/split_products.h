// Products in float32 on tensor cores: a float is taken as the sum of two numbers of TF32, which have 11
// bits; of the four products of such sums the smallest is left out, about 2^-22 of the whole. Tensor cores
// cut off what they add and do not round, so that they add six products at most before float32 arithmetic
// takes over. Infinite numbers become NaN.
#pragma once

#include <cstdint>

#include "kernels/cuda/instructions.h"
#include "kernels/cuda/packs.h"

namespace dlcore::kernels::cuda {

/// A float in two numbers of TF32: the nearest one, and what is missing, which has 12 bits, to 11.
struct TwoParts {
  std::uint32_t upper, lower;
};
__device__ inline TwoParts two_parts(float value) {
  constexpr std::uint32_t kept = 0xffffe000u, half = 0x1000u;
  const std::uint32_t upper = (bits_of(value) + half) & kept;
  return {upper, bits_of(value - float_from_bits(upper)) & kept};
}

/// c += a b of one warp, of one or two times 8 columns of a. a: (16, 8), rows lane / 4, lane / 4 + 8 in
/// column lane % 4, then in column lane % 4 + 4; b: (8, 8), column lane / 4, rows lane % 4 and lane % 4 + 4;
/// c: (16, 8), see multiply_add().
template <int Steps>
__device__ inline void add_split_products(float (&c)[4], const TwoParts (&a)[Steps][4],
                                          const TwoParts (&b)[Steps][2]) {
  static_assert(Steps <= 2);
  float part[4] = {};
#pragma unroll
  for (int s = 0; s < Steps; ++s) {  // the small ones first
    const auto& [a0, a1, a2, a3] = a[s];
    multiply_add_tf32(part, {a0.lower, a1.lower, a2.lower, a3.lower}, b[s][0].upper, b[s][1].upper);
    multiply_add_tf32(part, {a0.upper, a1.upper, a2.upper, a3.upper}, b[s][0].lower, b[s][1].lower);
  }
#pragma unroll
  for (int s = 0; s < Steps; ++s) {
    const auto& [a0, a1, a2, a3] = a[s];
    multiply_add_tf32(part, {a0.upper, a1.upper, a2.upper, a3.upper}, b[s][0].upper, b[s][1].upper);
  }
#pragma unroll
  for (int k = 0; k < 4; ++k) c[k] += part[k];
}
__device__ inline void add_split_products(float (&c)[4], const TwoParts (&a)[4], const TwoParts (&b)[2]) {
  add_split_products(c, reinterpret_cast<const TwoParts(&)[1][4]>(a),
                     reinterpret_cast<const TwoParts(&)[1][2]>(b));
}

/// Four neighbouring numbers of each of two rows of a, lane / 4 and lane / 4 + 8, 4 (lane % 4) and on: of
/// (16, 16). The products take their columns in another order than memory has them, those of SplitWeights the
/// same.
struct SplitRows {
  TwoParts v[2][4];
};
__device__ inline SplitRows split_rows(const Pack<float> (&rows)[2]) {
  SplitRows made;
#pragma unroll
  for (int h = 0; h < 2; ++h)
#pragma unroll
    for (int k = 0; k < 4; ++k) made.v[h][k] = two_parts(rows[h].v[k]);
  return made;
}

/// Of b, (16, 8), column lane / 4, rows 4 (lane % 4) and on.
struct SplitWeights {
  Pack<std::uint32_t, 4> upper, lower;
};
__device__ inline SplitWeights split_weights(const Pack<float>& values) {
  SplitWeights made;
#pragma unroll
  for (int k = 0; k < 4; ++k) {
    const TwoParts parts = two_parts(values.v[k]);
    made.upper.v[k] = parts.upper;
    made.lower.v[k] = parts.lower;
  }
  return made;
}

/// c += a b with a: (16, 16), b: (16, 8)
__device__ inline void add_split_products(float (&c)[4], const SplitRows& a, const SplitWeights& b) {
  float part[4] = {};
  const auto& [first, second] = a.v;
#pragma unroll
  for (int s = 0; s < 4; s += 2) {
    multiply_add_tf32(part, {first[s].lower, second[s].lower, first[s + 1].lower, second[s + 1].lower},
                      b.upper.v[s], b.upper.v[s + 1]);
    multiply_add_tf32(part, {first[s].upper, second[s].upper, first[s + 1].upper, second[s + 1].upper},
                      b.lower.v[s], b.lower.v[s + 1]);
  }
#pragma unroll
  for (int s = 0; s < 4; s += 2)
    multiply_add_tf32(part, {first[s].upper, second[s].upper, first[s + 1].upper, second[s + 1].upper},
                      b.upper.v[s], b.upper.v[s + 1]);
#pragma unroll
  for (int k = 0; k < 4; ++k) c[k] += part[k];
}

}  // namespace dlcore::kernels::cuda
