// JSON from files and metadata, with errors of one sentence. Internal to io and its tools.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/error.h"

namespace dlcore {

/// Error: "<where> is not valid JSON: <reason with line and column>", or that lists and objects lie in each
/// other more than 100 deep: the library copies and writes values recursively, and a damaged file shall not
/// end the stack.
nlohmann::json parse_json(std::string_view text, std::string_view where);
/// The same, but what cannot be read becomes a discarded value, which is neither object nor list.
nlohmann::json parse_json_if_valid(std::string_view text);

/// The same without its values, in little memory whatever the text is.
void check_json(std::string_view text, std::string_view where);

/// The library's message without its tag in brackets.
std::string json_reason(const std::exception& error);

/// An integer; Error, which begins with `what`, for what is none or does not fit T. (The library makes one of
/// any number, whether it fits or not.)
template <class T>
T json_integer(const nlohmann::json& value, std::string_view what);
/// A list of them.
std::vector<std::int64_t> json_integers(const nlohmann::json& value, std::string_view what);

/// One line; bytes that are no UTF-8 become U+FFFD.
std::string to_text(const nlohmann::json& value);

bool is_utf8(const std::string& text);
/// Bytes that are no UTF-8 become U+FFFD.
std::string as_utf8(std::string_view text);

/// A piece of a file, for a message: at most 100 bytes, control characters and what is no UTF-8 replaced.
std::string quoted_piece(const std::string& text);

template <class T>
T json_integer(const nlohmann::json& value, std::string_view what) {
  if (value.is_number_unsigned()) {
    const auto number = value.get<std::uint64_t>();
    if (std::in_range<T>(number)) return static_cast<T>(number);
  } else if (value.is_number_integer()) {
    const auto number = value.get<std::int64_t>();
    if (std::in_range<T>(number)) return static_cast<T>(number);
  }
  fail("{} should be an integer{}, but is {}", what, value.is_number() ? " in range" : "",
       quoted_piece(to_text(value)));
}

}  // namespace dlcore
