// The values that a pickle builds. Internal to io.
//
// They live in one table and refer to each other by number, so that cycles and deep nesting, which a hostile
// file can have, cost nothing to free and cannot exhaust the stack.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace dlcore {

using PickleRef = std::uint32_t;

struct PickleNone {};
struct PickleWideInteger {  // beyond 64 bits
  std::string bytes;        // two's complement, little endian
};
struct PickleSequence {
  bool is_tuple = false;
  std::vector<PickleRef> items;
};
struct PickleDict {
  bool is_ordered = false;                             // collections.OrderedDict
  std::vector<std::pair<PickleRef, PickleRef>> items;  // as they were set: a key may be there twice
};
struct PickleGlobal {  // one that PickleFactory knows
  std::string name;    // "collections.OrderedDict"
};
struct PickleObject {  // made by a PickleFactory
  int kind = 0;
  std::uint32_t index = 0;
};

using PickleValue = std::variant<PickleNone, bool, std::int64_t, double, PickleWideInteger, std::string,
                                 PickleSequence, PickleDict, PickleGlobal, PickleObject>;

class PickleValues {
 public:
  /// `where` ("weights.pth") begins the messages.
  explicit PickleValues(std::string where) : where_(std::move(where)) {}

  const std::string& where() const { return where_; }
  std::size_t size() const { return values_.size(); }
  PickleRef add(PickleValue value);  // Error for more values than any checkpoint has
  PickleValue& operator[](PickleRef ref) { return values_[ref]; }
  const PickleValue& operator[](PickleRef ref) const { return values_[ref]; }
  /// nullptr where the value is of another kind.
  template <class T>
  const T* get(PickleRef ref) const {
    return std::get_if<T>(&values_[ref]);
  }
  std::string kind(PickleRef ref) const;  // "a tuple"

 private:
  std::string where_;
  std::vector<PickleValue> values_;
};

}  // namespace dlcore
