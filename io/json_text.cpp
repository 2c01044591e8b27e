#include "io/json_text.h"

#include "core/error.h"

namespace dlcore {

std::string json_reason(const std::exception& error) {
  std::string text = error.what();
  if (text.starts_with('[')) text.erase(0, text.find(']') + 2);
  for (char& letter : text)  // the library quotes the file's bytes
    if (static_cast<unsigned char>(letter) < ' ') letter = ' ';
  constexpr std::size_t most = 300;
  if (text.size() > most) text = text.substr(0, most) + "...";
  return text;
}

nlohmann::json parse_json(std::string_view text, std::string_view where) {
  try {
    return nlohmann::json::parse(text);
  } catch (const nlohmann::json::exception& error) {
    fail("{} is not valid JSON: {}", where, json_reason(error));
  }
}

std::string to_text(const nlohmann::json& value) {
  return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

bool is_utf8(const std::string& text) {
  try {
    nlohmann::json(text).dump();
    return true;
  } catch (const nlohmann::json::type_error&) {
    return false;
  }
}

std::string as_utf8(std::string_view text) {
  return nlohmann::json::parse(to_text(text)).get<std::string>();
}

std::string quoted_piece(const std::string& text) {
  constexpr std::size_t most = 100;
  std::string piece = text.substr(0, most);
  for (char& letter : piece)
    if (static_cast<unsigned char>(letter) < ' ' || letter == '\x7f') letter = ' ';
  if (!is_utf8(piece))
    for (char& letter : piece)
      if (static_cast<unsigned char>(letter) > '~') letter = '?';
  return text.size() > most ? piece + "..." : piece;
}

}  // namespace dlcore
