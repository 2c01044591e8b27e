#include "tests/golden_cases.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>

#include "core/error.h"

namespace dlcore::test {
namespace {

nlohmann::json read_cases() {
  const std::string path = DLCORE_TEST_GOLDEN "/golden_cases.json";
  std::ifstream file(path);
  require(file.is_open(), "cannot open {}", path);
  return nlohmann::json::parse(file).at("cases");
}

void flatten(const nlohmann::json& value, std::size_t depth, std::vector<std::int64_t>& sizes,
             std::vector<double>& values) {
  if (!value.is_array()) {
    values.push_back(value.get<double>());
    return;
  }
  const auto size = static_cast<std::int64_t>(value.size());
  if (depth == sizes.size()) sizes.push_back(size);
  require(sizes[depth] == size, "a golden array is ragged: {} and {} elements", sizes[depth], size);
  for (const auto& element : value) flatten(element, depth + 1, sizes, values);
}

}  // namespace

const nlohmann::json& golden_case(const std::string& id) {
  static const nlohmann::json cases = read_cases();
  for (const auto& one : cases)
    if (one.at("id") == id) return one;
  fail("there is no golden case '{}'", id);
}

GoldenArray golden_array(const nlohmann::json& value) {
  std::vector<std::int64_t> sizes;
  GoldenArray array;
  if (value.is_object()) {
    require(value.at("fill") == "linspace", "unknown fill '{}'", value.at("fill").get<std::string>());
    sizes = value.at("shape").get<std::vector<std::int64_t>>();
    array.shape = Shape(sizes);
    array.values = linspace(value.at("lo"), value.at("hi"), array.shape.numel());
    return array;
  }
  flatten(value, 0, sizes, array.values);
  array.shape = Shape(sizes);
  return array;
}

std::vector<double> linspace(double lo, double hi, std::int64_t n) {
  std::vector<double> values;
  for (std::int64_t i = 0; i < n; ++i)
    values.push_back(lo + (hi - lo) * static_cast<double>(i) / static_cast<double>(n - 1));
  return values;
}

double rel_error(const std::vector<double>& x, const std::vector<double>& y) {
  if (x.size() != y.size()) return std::numeric_limits<double>::infinity();
  double difference = 0;
  double size = 1e-10;
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (std::isnan(x[i]) || std::isnan(y[i])) return std::numeric_limits<double>::infinity();
    difference = std::max(difference, std::abs(x[i] - y[i]));
    size = std::max(size, std::abs(x[i]) + std::abs(y[i]));
  }
  return difference / size;
}

std::vector<double> time_major(const std::vector<double>& values, std::int64_t N, std::int64_t T) {
  const std::size_t sequences = static_cast<std::size_t>(N);
  const std::size_t steps = static_cast<std::size_t>(T);
  const std::size_t width = values.size() / (sequences * steps);
  std::vector<double> result(values.size());
  for (std::size_t n = 0; n < sequences; ++n)
    for (std::size_t t = 0; t < steps; ++t)
      for (std::size_t k = 0; k < width; ++k)
        result[(t * sequences + n) * width + k] = values[(n * steps + t) * width + k];
  return result;
}

}  // namespace dlcore::test
