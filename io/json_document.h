// Large JSON files, parsed by simdjson: in a tenth of the time that nlohmann::json takes. Internal to io.
#pragma once

#include <simdjson.h>

#include <string>
#include <string_view>

namespace dlcore {

/// The values of a file, for as long as this is there.
class JsonDocument {
 public:
  /// Error: "<where> is not valid JSON: <reason with line and column>".
  JsonDocument(std::string_view text, const std::string& where);

  simdjson::dom::element root() const { return root_; }

 private:
  simdjson::dom::parser parser_;
  simdjson::dom::element root_;
};

/// Of a value that is known to be one. A copy: what simdjson's getters return must not be walked through as
/// it is.
inline simdjson::dom::object object_of(simdjson::dom::element value) {
  return value.get_object().value_unsafe();
}
inline simdjson::dom::array array_of(simdjson::dom::element value) {
  return value.get_array().value_unsafe();
}

/// "object", "array", "number", ...
std::string type_of(simdjson::dom::element value);

/// One line.
inline std::string to_text(simdjson::dom::element value) {
  return simdjson::minify(value);
}

}  // namespace dlcore
