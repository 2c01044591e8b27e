// IEEE half precision (1 sign, 5 exponent, 10 mantissa bits) in files.
#pragma once

#include <cstdint>

namespace dlcore {

/// out[i] := the half-precision number with these bits, exactly; infinity and NaN stay what they are. bits
/// and out (count) do not overlap. Written for the compiler's vectoriser: HDF5's own conversion is ~50 times
/// slower.
void convert_float16(const std::uint16_t* bits, float* out, std::int64_t count);

/// Round to nearest even; from 65520 on it gives infinity.
std::uint16_t float16_from_float(float value);

}  // namespace dlcore
