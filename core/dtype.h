// Element types of tensors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace dlcore {

/// Storage only: the upper half of an IEEE float32. Arithmetic happens in float; the
/// conversions here are out of line because kernel files are compiled for several instruction sets.
struct bfloat16 {
  std::uint16_t bits = 0;

  static bfloat16 from_float(float value);  // round to nearest even, NaN stays NaN
  float to_float() const;
};

enum class DType : std::uint8_t { float32, float64, bfloat16, int32, int64 };

std::size_t size_of(DType type);  // bytes
bool is_floating(DType type);
const char* name_of(DType type);          // "float32", ...
DType dtype_from_name(std::string_view);  // throws Error that lists the valid names

/// The DType of a C++ element type.
template <class T>
struct DTypeOf;
template <>
struct DTypeOf<float> {
  static constexpr DType value = DType::float32;
};
template <>
struct DTypeOf<double> {
  static constexpr DType value = DType::float64;
};
template <>
struct DTypeOf<bfloat16> {
  static constexpr DType value = DType::bfloat16;
};
template <>
struct DTypeOf<std::int32_t> {
  static constexpr DType value = DType::int32;
};
template <>
struct DTypeOf<std::int64_t> {
  static constexpr DType value = DType::int64;
};
template <class T>
inline constexpr DType dtype_of = DTypeOf<T>::value;

template <class T>
struct ArithmeticOf {
  using type = T;
};
template <>
struct ArithmeticOf<bfloat16> {
  using type = float;
};
/// The type in which values stored as T are computed and accumulated, and in which what must not be rounded
/// to T is kept: losses, statistics, an optimiser's state. float for bfloat16, else T.
template <class T>
using Arithmetic = typename ArithmeticOf<T>::type;
DType arithmetic_of(DType type);

}  // namespace dlcore
