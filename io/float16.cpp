#include "io/float16.h"

#include <bit>

namespace dlcore {

void convert_float16(const std::uint16_t* __restrict bits, float* __restrict out, std::int64_t count) {
  constexpr std::uint32_t bias = 112u << 23;  // 127 - 15: from one exponent bias to the other
  for (std::int64_t i = 0; i < count; ++i) {
    const std::uint32_t half = bits[i];
    const std::uint32_t magnitude = (half & 0x7fffu) << 13;
    const std::uint32_t exponent = magnitude & (0x1fu << 23);
    const std::uint32_t normal = magnitude + bias;
    // A subnormal half is a normal float: put its mantissa behind exponent 2^-14 and subtract the implied
    // one.
    const float subnormal = std::bit_cast<float>(normal + (1u << 23)) - 0x1p-14f;
    // Chosen by masks: a condition on a floating result would keep the compiler from vectorising.
    const std::uint32_t is_subnormal = 0u - static_cast<std::uint32_t>(exponent == 0);
    const std::uint32_t is_special = 0u - static_cast<std::uint32_t>(exponent == (0x1fu << 23));
    std::uint32_t result = normal ^ ((normal ^ std::bit_cast<std::uint32_t>(subnormal)) & is_subnormal);
    result += bias & is_special;  // exponent 31 becomes 255
    out[i] = std::bit_cast<float>(result | (half & 0x8000u) << 16);
  }
}

std::uint16_t float16_from_float(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const auto sign = static_cast<std::uint16_t>((bits >> 16) & 0x8000u);
  const std::uint32_t magnitude = bits & 0x7fffffffu;
  if (magnitude > 0x7f800000u) return static_cast<std::uint16_t>(sign | 0x7e00u);   // NaN
  if (magnitude >= 0x477ff000u) return static_cast<std::uint16_t>(sign | 0x7c00u);  // rounds beyond 65504
  std::uint32_t result = 0;
  if (magnitude < 0x38800000u) {  // below 2^-14: adding 0.5 rounds at bit 2^-24, where subnormal halves end
    const float rounded = std::bit_cast<float>(magnitude) + 0.5f;
    result = std::bit_cast<std::uint32_t>(rounded) - std::bit_cast<std::uint32_t>(0.5f);
  } else {
    const std::uint32_t odd = (magnitude >> 13) & 1u;
    result = (magnitude - (112u << 23) + 0xfffu + odd) >> 13;
  }
  return static_cast<std::uint16_t>(sign | result);
}

}  // namespace dlcore
