#include "tests/models/formula_numbers.h"

#include <cmath>

namespace dlcore::test {

std::vector<std::uint64_t> mixed_numbers(const std::string& name, std::int64_t count) {
  std::uint64_t seed = 0xCBF29CE484222325u;
  for (const char c : name) seed = (seed ^ static_cast<unsigned char>(c)) * 0x100000001B3u;
  std::vector<std::uint64_t> numbers;
  for (std::int64_t i = 0; i < count; ++i) {
    std::uint64_t z = seed += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    numbers.push_back(z ^ (z >> 31));
  }
  return numbers;
}

std::vector<double> formula_numbers(const std::string& name, std::int64_t count, double scale,
                                    double centre) {
  std::vector<double> values;
  for (const std::uint64_t z : mixed_numbers(name, count)) {
    const double u = static_cast<double>(z >> 40) / 0x1p23 - 1;
    values.push_back(static_cast<float>(centre + scale * u));
  }
  return values;
}

std::vector<double> formula_parameter(const std::string& name, const Shape& shape) {
  const std::int64_t n = shape.numel();
  if (shape.rank() == 4)
    return formula_numbers(name, n, std::sqrt(6.0 / static_cast<double>(shape[0] * shape[2] * shape[3])));
  if (name.ends_with("running_mean")) return formula_numbers(name, n, 0.2);
  if (name.ends_with("running_var")) return formula_numbers(name, n, 0.5, 1);
  if (name.ends_with("bias")) return formula_numbers(name, n, 0.3);
  if (name.ends_with("f.c.1.weight")) return formula_numbers(name, n, 0.05, 0.1);
  return formula_numbers(name, n, 0.3, 1);
}

std::vector<double> sampled(const std::string& name, const std::vector<double>& values, std::int64_t count) {
  double squares = 0;
  for (const double value : values) squares += value * value;
  std::vector<double> result{std::sqrt(squares)};
  for (const std::uint64_t z : mixed_numbers(name + " places", count))
    result.push_back(values[static_cast<std::size_t>(z % values.size())]);
  return result;
}

namespace {

// (outer, a, b) to (outer, b, a)
std::vector<double> swapped(const std::vector<double>& values, std::int64_t a, std::int64_t b) {
  std::vector<double> result(values.size());
  const auto plane = static_cast<std::size_t>(a * b);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::size_t row = i % plane / static_cast<std::size_t>(b);
    const std::size_t col = i % static_cast<std::size_t>(b);
    result[i / plane * plane + col * static_cast<std::size_t>(a) + row] = values[i];
  }
  return result;
}

}  // namespace

std::vector<double> to_channels_last(const std::vector<double>& values, const Shape& shape) {
  return swapped(values, shape[1], shape[2] * shape[3]);
}

std::vector<double> to_channels_first(const std::vector<double>& values, const Shape& shape) {
  return swapped(values, shape[1] * shape[2], shape[3]);
}

}  // namespace dlcore::test
