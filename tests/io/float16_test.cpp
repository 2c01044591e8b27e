#include "io/float16.h"

#include <cmath>
#include <limits>
#include <vector>

#include "tests/catch.h"

using namespace dlcore;

namespace {

// By the definition of the format.
double meaning(std::uint16_t bits) {
  const int exponent = (bits >> 10) & 31;
  const int mantissa = bits & 1023;
  const double sign = bits & 0x8000 ? -1 : 1;
  if (exponent == 31) return mantissa ? std::nan("") : sign * INFINITY;
  if (exponent == 0) return sign * std::ldexp(mantissa, -24);
  return sign * std::ldexp(1024 + mantissa, exponent - 25);
}

}  // namespace

TEST_CASE("float16: every bit pattern is read exactly and written back") {
  std::vector<std::uint16_t> bits(65536);
  for (std::size_t i = 0; i < bits.size(); ++i) bits[i] = static_cast<std::uint16_t>(i);
  std::vector<float> values(bits.size());
  convert_float16(bits.data(), values.data(), static_cast<std::int64_t>(bits.size()));
  int wrong = 0;
  for (std::size_t i = 0; i < bits.size(); ++i) {
    const double wanted = meaning(bits[i]);
    if (std::isnan(wanted)) {
      wrong += !std::isnan(values[i]) || !std::isnan(meaning(float16_from_float(values[i])));
    } else {
      wrong += values[i] != wanted || std::signbit(values[i]) != std::signbit(wanted);
      wrong += float16_from_float(values[i]) != bits[i];
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("float16: rounds to nearest, ties to even") {
  int wrong = 0;
  for (std::uint16_t bits = 0; bits < 0x7bff; ++bits) {  // between this number and the next
    const double low = meaning(bits);
    const double high = meaning(static_cast<std::uint16_t>(bits + 1));
    const auto middle = static_cast<float>((low + high) / 2);
    const auto even = static_cast<std::uint16_t>(bits + (bits & 1));
    wrong += float16_from_float(middle) != even;
    wrong += float16_from_float(std::nextafter(middle, 0.0f)) != bits;
    wrong += float16_from_float(std::nextafter(middle, INFINITY)) != bits + 1;
  }
  CHECK(wrong == 0);
  CHECK(float16_from_float(65519.99f) == 0x7bff);
  CHECK(float16_from_float(65520.0f) == 0x7c00);
  CHECK(float16_from_float(-1e30f) == 0xfc00);
  CHECK(float16_from_float(-std::numeric_limits<float>::denorm_min()) == 0x8000);
}
