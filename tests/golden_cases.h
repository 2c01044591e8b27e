// Reads golden/golden_cases.json: arrays, fills, limits. The file is described in golden/README.md.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/shape.h"

namespace dlcore::test {

/// Relative, for the fields `expected_fp64`, `loss` and `*derived`, which have 16 digits.
inline constexpr double golden_limit = 1e-12;

/// The case with this id. Throws Error where there is none.
const nlohmann::json& golden_case(const std::string& id);

struct GoldenArray {
  Shape shape;
  std::vector<double> values;  // row-major
};

/// A nested list, or {"fill": "linspace", "lo", "hi", "shape"}.
GoldenArray golden_array(const nlohmann::json& value);

/// lo + (hi - lo) i / (n - 1)
std::vector<double> linspace(double lo, double hi, std::int64_t n);

/// max|x - y| / max(|x| + |y|), the denominator at least 1e-10; infinite where the sizes differ or a NaN is
/// in them.
double rel_error(const std::vector<double>& x, const std::vector<double>& y);

/// (N, T, K) to (T, N, K), which is how Packing::full orders it, and back.
std::vector<double> time_major(const std::vector<double>& values, std::int64_t N, std::int64_t T);
inline std::vector<double> batch_major(const std::vector<double>& values, std::int64_t N, std::int64_t T) {
  return time_major(values, T, N);
}

}  // namespace dlcore::test
