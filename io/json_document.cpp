#include "io/json_document.h"

#include "core/error.h"
#include "io/json_text.h"

namespace dlcore {

JsonDocument::JsonDocument(std::string_view text, const std::string& where) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);  // the byte order mark that Windows writes
  const simdjson::error_code error = parser_.parse(text.data(), text.size()).get(root_);
  if (error == simdjson::SUCCESS) return;
  if (error == simdjson::MEMALLOC) throw std::bad_alloc();
  check_json(text, where);  // knows the place
  fail("{} is JSON that cannot be read here: {}", where, simdjson::error_message(error));
}

std::string type_of(simdjson::dom::element value) {
  using Type = simdjson::dom::element_type;
  switch (value.type()) {
    case Type::OBJECT:
      return "object";
    case Type::ARRAY:
      return "array";
    case Type::STRING:
      return "string";
    case Type::BOOL:
      return "boolean";
    case Type::NULL_VALUE:
      return "null";
    default:
      return "number";
  }
}

}  // namespace dlcore
