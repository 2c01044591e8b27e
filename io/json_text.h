// JSON from files and metadata, with errors of one sentence. Internal to io and its tools.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace dlcore {

/// Error: "<where> is not valid JSON: <reason with line and column>".
nlohmann::json parse_json(std::string_view text, std::string_view where);

/// The same without its values, in little memory whatever the text is.
void check_json(std::string_view text, std::string_view where);

/// The library's message without its tag in brackets.
std::string json_reason(const std::exception& error);

/// One line; bytes that are no UTF-8 become U+FFFD.
std::string to_text(const nlohmann::json& value);

bool is_utf8(const std::string& text);
/// Bytes that are no UTF-8 become U+FFFD.
std::string as_utf8(std::string_view text);

/// A piece of a file, for a message: at most 100 bytes, control characters and what is no UTF-8 replaced.
std::string quoted_piece(const std::string& text);

}  // namespace dlcore
