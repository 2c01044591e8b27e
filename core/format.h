// Shapes, tensors, devices and element types as arguments of fmt, require() and fail().
//
// require() takes its arguments as they are and formats them only when it fails; to_string() in its argument
// list would build a string on every call, also on those that run thousands of times a second.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string>

#include "core/error.h"
#include "core/tensor.h"

namespace dlcore {

inline std::string to_string(DType type) {
  return name_of(type);
}

/// "12,345"
inline std::string readable_count(std::int64_t count) {
  std::string text = std::to_string(count);
  for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > (count < 0 ? 1 : 0); at -= 3)
    text.insert(static_cast<std::size_t>(at), 1, ',');
  return text;
}

template <class T>
struct TextFormatter : fmt::formatter<std::string> {
  template <class FormatContext>
  auto format(const T& value, FormatContext& context) const {
    return fmt::formatter<std::string>::format(to_string(value), context);
  }
};

}  // namespace dlcore

template <>
struct fmt::formatter<dlcore::Shape> : dlcore::TextFormatter<dlcore::Shape> {};
template <>
struct fmt::formatter<dlcore::Tensor> : dlcore::TextFormatter<dlcore::Tensor> {};
template <>
struct fmt::formatter<dlcore::Device> : dlcore::TextFormatter<dlcore::Device> {};
template <>
struct fmt::formatter<dlcore::DType> : dlcore::TextFormatter<dlcore::DType> {};
