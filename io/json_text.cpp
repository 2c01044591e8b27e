#include "io/json_text.h"

#include <algorithm>

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
  constexpr int most_depth = 100;
  using Event = nlohmann::json::parse_event_t;
  const auto limit = [&](int around, Event event, const nlohmann::json&) {
    const bool begins = event == Event::object_start || event == Event::array_start;
    require(!begins || around < most_depth, "{} is JSON of lists and objects more than {} deep", where,
            most_depth);
    return true;
  };
  try {
    return nlohmann::json::parse(text, limit);
  } catch (const nlohmann::json::exception& error) {
    fail("{} is not valid JSON: {}", where, json_reason(error));
  }
}

nlohmann::json parse_json_if_valid(std::string_view text) {
  try {
    return parse_json(text, "the text");
  } catch (const Error&) {
    return nlohmann::json::value_t::discarded;
  }
}

namespace {

struct Unread : nlohmann::json_sax<nlohmann::json> {
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(std::int64_t) override { return true; }
  bool number_unsigned(std::uint64_t) override { return true; }
  bool number_float(double, const std::string&) override { return true; }
  bool string(std::string&) override { return true; }
  bool binary(nlohmann::json::binary_t&) override { return true; }
  bool start_object(std::size_t) override { return true; }
  bool key(std::string&) override { return true; }
  bool end_object() override { return true; }
  bool start_array(std::size_t) override { return true; }
  bool end_array() override { return true; }
  bool parse_error(std::size_t, const std::string&, const nlohmann::json::exception& error) override {
    reason = json_reason(error);
    return false;
  }

  std::string reason;
};

}  // namespace

void check_json(std::string_view text, std::string_view where) {
  Unread values;
  if (!nlohmann::json::sax_parse(text, &values)) fail("{} is not valid JSON: {}", where, values.reason);
}

std::string to_text(const nlohmann::json& value) {
  return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::vector<std::int64_t> json_integers(const nlohmann::json& value, std::string_view what) {
  require(value.is_array(), "{} should be a list of integers, but is {}", what, quoted_piece(to_text(value)));
  std::vector<std::int64_t> numbers;
  for (const auto& one : value) numbers.push_back(json_integer<std::int64_t>(one, what));
  return numbers;
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
  const auto is_ascii = [](char letter) { return static_cast<unsigned char>(letter) < 0x80; };
  if (std::all_of(text.begin(), text.end(), is_ascii)) return std::string(text);  // most texts
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
