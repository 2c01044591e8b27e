#include "layers/parameter.h"

#include "core/error.h"

namespace dlcore {
namespace {

// Every parameter starts at a multiple of this many elements, so that its rows meet vector registers aligned.
constexpr std::int64_t alignment = 64;

std::int64_t padded(std::int64_t count) {
  return (count + alignment - 1) / alignment * alignment;
}

}  // namespace

void ParameterSet::add(const std::string& prefix, std::vector<Parameter>& parameters) {
  for (auto& parameter : parameters) {
    const std::string name = prefix.empty() ? parameter.name : prefix + "." + parameter.name;
    for (const auto& entry : entries_) require(entry.name != name, "two parameters are named '{}'", name);
    entries_.push_back({name, &parameter});
  }
}

void ParameterSet::allocate(DType type, Device device) {
  std::int64_t sizes[2] = {0, 0};  // others, trainable
  for (const auto& [name, parameter] : entries_)
    sizes[parameter->trainable] += padded(parameter->shape.numel());
  other_values_ = Tensor::zeros({sizes[0]}, arithmetic_of(type), device);
  trainable_values_ = Tensor::zeros({sizes[1]}, type, device);
  gradients_ = Tensor::zeros({sizes[1]}, type, device);
  std::int64_t offsets[2] = {0, 0};
  for (auto& [name, parameter] : entries_) {
    std::int64_t& offset = offsets[parameter->trainable];
    parameter->value =
        (parameter->trainable ? trainable_values_ : other_values_).slice(offset, parameter->shape);
    parameter->gradient = parameter->trainable ? gradients_.slice(offset, parameter->shape) : Tensor();
    offset += padded(parameter->shape.numel());
  }
}

void ParameterSet::initialize(Random& random) {
  for (auto& [name, parameter] : entries_) {
    if (parameter->initial_deviation > 0)
      random.fill_normal(parameter->value, parameter->initial_deviation);
    else
      random.fill_uniform(parameter->value, parameter->initial_value, parameter->initial_value);
  }
}

Parameter& ParameterSet::find(const std::string& name) const {
  std::string names;
  for (const auto& entry : entries_) {
    if (entry.name == name) return *entry.parameter;
    names += (names.empty() ? "" : ", ") + entry.name;
  }
  fail("no parameter is named '{}': there are {}", name, names);
}

std::int64_t ParameterSet::trainable_count() const {
  std::int64_t count = 0;
  for (const auto& [name, parameter] : entries_)
    if (parameter->trainable) count += parameter->shape.numel();
  return count;
}

}  // namespace dlcore
