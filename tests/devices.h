// What tests run on: the one table of {device, element type, tolerance}, and comparisons that use it. No test
// has a tolerance of its own.
//
// The rule: |got - want| <= tolerance * factor * (|want| + magnitude). The magnitude is the size of what went
// into the element where that is larger than the element itself, because terms cancel: for a sum of k terms
// it is the sum of their sizes, and the factor is sum_factor(k), since rounding errors walk at random.
#pragma once

#include <cmath>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "core/random.h"
#include "core/stream.h"
#include "core/tensor.h"
#include "tests/catch.h"
#include "tests/error_message.h"

namespace dlcore::test {

struct Target {
  std::string name;  // "x86-64-v4 float32"
  Stream stream;
  DType type;
  double tolerance;  // of one element that took a handful of operations, relative

  Device device() const { return stream.device(); }
};

/// Sixteen times half of the last place for arithmetic types; twice that for bfloat16, where the rounding to
/// storage dwarfs the arithmetic, which happens in float32.
inline double tolerance_of(DType type) {
  switch (type) {
    case DType::float32:
      return 0x1p-20;
    case DType::float64:
      return 0x1p-49;
    default:
      return 0x1p-8;
  }
}

/// Every usable CPU instruction set and the first GPU, for every floating type.
inline const std::vector<Target>& targets() {
  static const std::vector<Target> all = [] {
    std::vector<Target> list;
    for (const DType type : {DType::float32, DType::float64, DType::bfloat16}) {
      const double tolerance = tolerance_of(type);
      const std::string suffix = std::string(" ") + name_of(type);
      for (const CpuTarget cpu : usable_cpu_targets())
        list.push_back({name_of(cpu) + suffix, Stream(cpu), type, tolerance});
      if (cuda_device_count() > 0)
        list.push_back({"cuda:0" + suffix, Stream(Device::cuda()), type, tolerance});
    }
    if (cuda_device_count() == 0) std::printf("no GPU here: cuda:0 is left out\n");
    return list;
  }();
  return all;
}

/// Runs f(target) in a section of its own for every target.
template <class F>
void on_every_target(F f) {
  for (const Target& target : targets()) DYNAMIC_SECTION(target.name) {
      f(target);
    }
}

/// The same for the targets of one element type.
template <class F>
void on_every_target_of(DType type, F f) {
  for (const Target& target : targets())
    if (target.type == type) DYNAMIC_SECTION(target.name) {
        f(target);
      }
}

/// By how much a sum of k terms may exceed the tolerance of one operation.
inline double sum_factor(std::int64_t k) {
  return 1 + std::sqrt(static_cast<double>(k)) / 16;
}

/// For optimisers' kernels: the parameters in the type in which they are updated, or undefined where that is
/// their own.
inline Tensor exact_of(const Tensor& parameters) {
  const DType type = arithmetic_of(parameters.dtype());
  return type == parameters.dtype() ? Tensor() : parameters.to(type).to(parameters.device());
}

/// n normal numbers.
inline std::vector<double> draw(std::int64_t n, std::uint64_t seed, double deviation = 1) {
  Random random(seed);
  std::vector<double> values(static_cast<std::size_t>(n));
  for (auto& value : values) value = deviation * random.normal();
  return values;
}

/// The target with the element type in which its kernels keep losses, statistics and an optimiser's state.
inline Target in_arithmetic(const Target& target) {
  return {target.name, target.stream, arithmetic_of(target.type), target.tolerance};
}

/// A tensor of the target's type on the target's device.
inline Tensor make(const Target& target, const std::vector<double>& values, Shape shape) {
  return Tensor::from(values, shape).to(target.type).to(target.device());
}
inline Tensor make(const Target& target, const std::vector<double>& values) {
  return make(target, values, Shape{static_cast<std::int64_t>(values.size())});
}
inline Tensor make_normal(const Target& target, Shape shape, std::uint64_t seed, double deviation = 1) {
  return make(target, draw(shape.numel(), seed, deviation), shape);
}
inline Tensor make_zeros(const Target& target, Shape shape) {
  return Tensor::zeros(shape, target.type, target.device());
}
inline Tensor make_indices(const Target& target, const std::vector<std::int32_t>& values) {
  return Tensor::from(values, Shape{static_cast<std::int64_t>(values.size())}).to(target.device());
}

/// The elements as numbers: what an oracle in double starts from, so that rounding the input is no error.
inline std::vector<double> numbers(const Tensor& tensor) {
  return tensor.to_vector<double>();
}

inline bool same_bits(const Tensor& a, const Tensor& b) {
  const Tensor x = a.to(Device::cpu());
  const Tensor y = b.to(Device::cpu());
  return x.bytes() == y.bytes() && (x.bytes() == 0 || std::memcmp(x.raw(), y.raw(), x.bytes()) == 0);
}

/// One assertion for a whole tensor; the message names the first element that is out of bounds. NaN wants NaN
/// and an infinity itself. An empty `magnitude` means zero.
inline void check_close(const Target& target, const Tensor& got, const std::vector<double>& want,
                        const std::vector<double>& magnitude, double factor = 1) {
  const std::vector<double> values = numbers(got);
  REQUIRE(values.size() == want.size());
  std::string complaint;
  for (std::size_t i = 0; i < want.size() && complaint.empty(); ++i) {
    const double size = std::abs(want[i]) + (magnitude.empty() ? 0 : magnitude[i]);
    const bool alike = std::isfinite(want[i])
                           ? std::abs(values[i] - want[i]) <= target.tolerance * factor * size
                           : (std::isnan(want[i]) ? std::isnan(values[i]) : values[i] == want[i]);
    if (!alike)
      complaint = "element " + std::to_string(i) + " is " + Catch::Detail::stringify(values[i]) + ", not " +
                  Catch::Detail::stringify(want[i]) + ", magnitude " + Catch::Detail::stringify(size);
  }
  INFO(target.name);
  CHECK(complaint == "");
}
inline void check_close(const Target& target, const Tensor& got, const std::vector<double>& want,
                        double magnitude = 0, double factor = 1) {
  check_close(target, got, want, std::vector<double>(want.size(), magnitude), factor);
}

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace dlcore::test
