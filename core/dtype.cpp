#include "core/dtype.h"

#include <array>
#include <bit>
#include <cmath>

#include "core/error.h"

namespace dlcore {
namespace {

struct Description {
  DType type;
  const char* name;
  std::size_t bytes;
  bool floating;
};

constexpr std::array<Description, 5> descriptions{{{DType::float32, "float32", 4, true},
                                                   {DType::float64, "float64", 8, true},
                                                   {DType::bfloat16, "bfloat16", 2, true},
                                                   {DType::int32, "int32", 4, false},
                                                   {DType::int64, "int64", 8, false}}};

const Description& describe(DType type) {
  return descriptions[static_cast<std::size_t>(type)];
}

}  // namespace

bfloat16 bfloat16::from_float(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  if (std::isnan(value)) return {static_cast<std::uint16_t>((bits >> 16) | 0x40u)};
  return {static_cast<std::uint16_t>((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16)};
}

float bfloat16::to_float() const {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
}

std::size_t size_of(DType type) {
  return describe(type).bytes;
}

bool is_floating(DType type) {
  return describe(type).floating;
}

DType arithmetic_of(DType type) {
  return type == DType::bfloat16 ? DType::float32 : type;
}

const char* name_of(DType type) {
  return describe(type).name;
}

DType dtype_from_name(std::string_view name) {
  for (const auto& d : descriptions)
    if (name == d.name) return d.type;
  fail("unknown element type '{}': expected float32, float64, bfloat16, int32 or int64", name);
}

}  // namespace dlcore
