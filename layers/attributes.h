// Named settings of a layer, as a configuration gives them: {"in": 512, "out": 1004}.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <variant>

namespace dlcore {

class Attributes {
 public:
  using Value = std::variant<bool, std::int64_t, double, std::string>;

  Attributes() = default;
  Attributes(std::initializer_list<std::pair<const std::string, Value>> values) : values_(values) {}

  void set(const std::string& key, Value value) { values_[key] = std::move(value); }
  const std::map<std::string, Value>& values() const { return values_; }

  /// A value that holds where the key has none, and that nobody needs to ask for.
  void suggest(const std::string& key, Value value) { suggested_[key] = std::move(value); }

  /// The value of a key, or an Error that names owner, key and type expected. An integer serves as a number.
  std::int64_t integer(const std::string& key) const;
  double number(const std::string& key) const;
  std::int64_t integer(const std::string& key, std::int64_t otherwise) const;
  double number(const std::string& key, double otherwise) const;

  /// Throws Error that lists the keys nobody asked for and those that were: a misspelt key is never ignored.
  void expect_all_used(const std::string& owner) const;

 private:
  const Value* find(const std::string& key) const;

  std::map<std::string, Value> values_, suggested_;
  mutable std::set<std::string> asked_;
};

}  // namespace dlcore
