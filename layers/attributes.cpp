#include "layers/attributes.h"

#include "core/error.h"

namespace dlcore {

const Attributes::Value* Attributes::find(const std::string& key) const {
  asked_.insert(key);
  if (const auto found = values_.find(key); found != values_.end()) return &found->second;
  const auto suggested = suggested_.find(key);
  return suggested == suggested_.end() ? nullptr : &suggested->second;
}

std::int64_t Attributes::integer(const std::string& key) const {
  const Value* value = find(key);
  require(value != nullptr, "the key '{}' is missing", key);
  const auto* integer = std::get_if<std::int64_t>(value);
  require(integer != nullptr, "the key '{}' must be an integer", key);
  return *integer;
}

double Attributes::number(const std::string& key) const {
  const Value* value = find(key);
  require(value != nullptr, "the key '{}' is missing", key);
  if (const auto* integer = std::get_if<std::int64_t>(value)) return static_cast<double>(*integer);
  const auto* number = std::get_if<double>(value);
  require(number != nullptr, "the key '{}' must be a number", key);
  return *number;
}

std::int64_t Attributes::integer(const std::string& key, std::int64_t otherwise) const {
  return find(key) == nullptr ? otherwise : integer(key);
}

double Attributes::number(const std::string& key, double otherwise) const {
  return find(key) == nullptr ? otherwise : number(key);
}

void Attributes::expect_all_used(const std::string& owner) const {
  std::string unknown;
  std::string known;
  for (const auto& [key, value] : values_)
    if (!asked_.contains(key)) unknown += (unknown.empty() ? "" : ", ") + key;
  for (const auto& key : asked_) known += (known.empty() ? "" : ", ") + key;
  require(unknown.empty(), "{}: unknown key(s) {}; it has {}", owner, unknown,
          known.empty() ? "none" : known);
}

}  // namespace dlcore
