#include "io/stored_tensor.h"

#include <cmath>
#include <cstring>
#include <map>

#include "core/dtype.h"
#include "core/error.h"
#include "io/float16.h"

namespace dlcore {
namespace {

struct Half {
  std::uint16_t bits;
};

double to_double(float value) {
  return value;
}
double to_double(double value) {
  return value;
}
double to_double(bfloat16 value) {
  return value.to_float();
}
double to_double(Half value) {
  float result = 0;
  convert_float16(&value.bits, &result, 1);
  return result;
}

void assign(float& to, double value) {
  to = static_cast<float>(value);
}
void assign(double& to, double value) {
  to = value;
}
void assign(bfloat16& to, double value) {
  to = bfloat16::from_float(static_cast<float>(value));
}
void assign(Half& to, double value) {
  to.bits = float16_from_float(static_cast<float>(value));
}

template <class F>
auto with_type(const std::string& type, F f) {
  if (type == "F64") return f(double{});
  if (type == "F32") return f(float{});
  if (type == "F16") return f(Half{});
  if (type == "BF16") return f(bfloat16{});
  fail("{} is no floating-point type that can be converted", type);
}

}  // namespace

std::size_t stored_element_bytes(const std::string& type) {
  static const std::map<std::string, std::size_t> sizes = {
      {"BOOL", 1}, {"U8", 1},  {"I8", 1},  {"F8_E4M3", 1}, {"F8_E5M2", 1}, {"I16", 2}, {"U16", 2}, {"F16", 2},
      {"BF16", 2}, {"I32", 4}, {"U32", 4}, {"F32", 4},     {"I64", 8},     {"U64", 8}, {"F64", 8}};
  const auto found = sizes.find(type);
  return found == sizes.end() ? 0 : found->second;
}

std::uint64_t StoredTensor::bytes() const {
  const std::size_t element = stored_element_bytes(type);
  require(element > 0, "tensor \"{}\" has the unknown type {}", name, type);
  return static_cast<std::uint64_t>(shape.numel()) * element;
}

bool is_stored_floating(const std::string& type) {
  return type == "F64" || type == "F32" || type == "F16" || type == "BF16";
}

std::vector<std::byte> convert_elements(std::span<const std::byte> from, const std::string& from_type,
                                        const std::string& to_type, const std::string& where) {
  if (from_type == to_type) return {from.begin(), from.end()};
  return with_type(from_type, [&]<class From>(From source) {
    return with_type(to_type, [&]<class To>(To target) {
      const std::size_t count = from.size() / sizeof(From);
      std::vector<std::byte> result(count * sizeof(To));
      for (std::size_t i = 0; i < count; ++i) {
        std::memcpy(&source, from.data() + i * sizeof(From), sizeof(From));
        const double value = to_double(source);
        assign(target, value);
        require(std::isfinite(to_double(target)) || !std::isfinite(value),
                "{} has the value {} (element {}), which is too large for {}", where, value, i, to_type);
        std::memcpy(result.data() + i * sizeof(To), &target, sizeof(To));
      }
      return result;
    });
  });
}

}  // namespace dlcore
