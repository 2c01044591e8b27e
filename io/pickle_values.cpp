#include "io/pickle_values.h"

#include <array>

#include "core/error.h"

namespace dlcore {

PickleRef PickleValues::add(PickleValue value) {
  constexpr std::size_t most = 4'000'000;  // about 250 MB
  require(values_.size() < most, "{}: the pickle has more than {} values", where_, most);
  values_.push_back(std::move(value));
  return static_cast<PickleRef>(values_.size() - 1);
}

std::string PickleValues::kind(PickleRef ref) const {
  static constexpr std::array<const char*, std::variant_size_v<PickleValue>> names{
      "None",  "a bool", "an int", "a float",    "a large int",
      "a str", "a list", "a dict", "a function", "a tensor"};
  if (const auto* sequence = get<PickleSequence>(ref)) return sequence->is_tuple ? "a tuple" : "a list";
  return names[values_[ref].index()];
}

}  // namespace dlcore
