// Arithmetic of kernel bodies: storage types, and exp, tanh, sigmoid, sqrt, max that the compiler can
// vectorise.
//
// Included by kernel files only. Everything is inside the target's namespace: an inline function outside of
// it that is compiled for two instruction sets is one symbol for the linker, and either version may win.
//
// The float versions of exp, tanh and log(1 + x) are branch-free; errors (measured over all floats in
// tests/kernels) are below 2 ulp, infinities and NaN behave as in libm, and results below the normal range
// round as libm's do or to zero. The polynomials are those of Cephes (S. Moshier, expf.c, tanhf.c and
// logf.c).
#pragma once

#include <cmath>
#include <cstdint>

#include "core/dtype.h"
#include "kernels/target.h"

namespace dlcore::kernels::DLCORE_TARGET {

DLCORE_DEVICE inline float float_from_bits(std::uint32_t bits) {
  float value;
  __builtin_memcpy(&value, &bits, sizeof value);
  return value;
}
DLCORE_DEVICE inline std::uint32_t bits_of(float value) {
  std::uint32_t bits;
  __builtin_memcpy(&bits, &value, sizeof bits);
  return bits;
}

DLCORE_DEVICE inline float load(float value) {
  return value;
}
DLCORE_DEVICE inline double load(double value) {
  return value;
}
DLCORE_DEVICE inline float load(bfloat16 value) {
  return float_from_bits(static_cast<std::uint32_t>(value.bits) << 16);
}

DLCORE_DEVICE inline void store(float& place, float value) {
  place = value;
}
DLCORE_DEVICE inline void store(double& place, double value) {
  place = value;
}
DLCORE_DEVICE inline void store(bfloat16& place, float value) {
  const std::uint32_t bits = bits_of(value);
  const std::uint32_t rounded = (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
  place.bits = static_cast<std::uint16_t>(value != value ? (bits >> 16) | 0x40u : rounded);
}

template <class A>
DLCORE_DEVICE inline A larger(A a, A b) {
  return a > b ? a : b;
}
template <class A>
DLCORE_DEVICE inline A smaller(A a, A b) {
  return a < b ? a : b;
}

DLCORE_DEVICE inline float root(float x) {
  return __builtin_sqrtf(x);
}
DLCORE_DEVICE inline double root(double x) {
  return __builtin_sqrt(x);
}
DLCORE_DEVICE inline float logarithm(float x) {
  return ::logf(x);
}
DLCORE_DEVICE inline double logarithm(double x) {
  return ::log(x);
}

DLCORE_DEVICE inline double exponential(double x) {
  return ::exp(x);
}
DLCORE_DEVICE inline double tangent(double x) {
  return ::tanh(x);
}
/// log(1 + x) of 0 <= x <= 1
DLCORE_DEVICE inline double log_one_plus(double x) {
  return ::log1p(x);
}

#ifdef __CUDACC__

DLCORE_DEVICE inline float exponential(float x) {
  return ::expf(x);
}
DLCORE_DEVICE inline float tangent(float x) {
  return ::tanhf(x);
}
DLCORE_DEVICE inline float log_one_plus(float x) {
  return ::log1pf(x);
}

#else

inline float exponential(float x) {
  // x = n ln 2 + r; 2^n is applied as two factors so that results up to the largest and down to the subnormal
  // numbers come out. A NaN fails both comparisons and passes through.
  constexpr float to_integer = 12582912.0f;  // 1.5 * 2^23: adding it rounds to the nearest integer
  x = x > 89.0f ? 89.0f : x;
  x = x < -104.0f ? -104.0f : x;
  const float shifted = x * 1.44269504088896341f + to_integer;
  const float n = shifted - to_integer;
  const float r = (x - n * 0.693359375f) - n * -2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  const float y = p * (r * r) + r + 1.0f;
  const std::int32_t exponent =
      static_cast<std::int32_t>(bits_of(shifted)) - static_cast<std::int32_t>(bits_of(to_integer));
  const std::int32_t half = exponent >> 1;
  return y * float_from_bits(static_cast<std::uint32_t>(half + 127) << 23) *
         float_from_bits(static_cast<std::uint32_t>(exponent - half + 127) << 23);
}

inline float tangent(float x) {
  const float magnitude = __builtin_fabsf(x);
  const float z = x * x;
  float p = -5.70498872745e-3f;
  p = p * z + 2.06390887954e-2f;
  p = p * z - 5.37397155531e-2f;
  p = p * z + 1.33314422036e-1f;
  p = p * z - 3.33332819422e-1f;
  const float near_zero = p * z * x + x;
  const float far = 1.0f - 2.0f / (exponential(2.0f * magnitude) + 1.0f);
  return __builtin_copysignf(magnitude < 0.625f ? near_zero : far, x);  // -0 stays -0
}

inline float log_one_plus(float x) {
  // 1 + x = 2^n (1 + f) with n 0 or 1 and f, which is exact, between sqrt(1/2) - 1 and sqrt(2) - 1.
  const bool halved = x > 0.41421356237f;
  const float f = halved ? 0.5f * (x - 1.0f) : x;
  const float z = f * f;
  float p = 7.0376836292e-2f;
  p = p * f - 1.1514610310e-1f;
  p = p * f + 1.1676998740e-1f;
  p = p * f - 1.2420140846e-1f;
  p = p * f + 1.4249322787e-1f;
  p = p * f - 1.6668057665e-1f;
  p = p * f + 2.0000714765e-1f;
  p = p * f - 2.4999993993e-1f;
  p = p * f + 3.3333331174e-1f;
  const float y = p * f * z - 0.5f * z + f;
  return halved ? y + 0.69314718056f : y;
}

#endif

template <class A>
DLCORE_DEVICE inline A sigmoid(A x) {
  return A(1) / (A(1) + exponential(-x));
}

}  // namespace dlcore::kernels::DLCORE_TARGET
