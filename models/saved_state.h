// What the parts of a training run must remember, on its way into a checkpoint or back out of one.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "io/safetensors.h"
#include "layers/parameter.h"

namespace dlcore {

/// A part has one function, state(SavedState&), that names each thing it has to remember, for both
/// directions: saving takes the values, restoring sets them. Numbers come back bit for bit, NaN and infinity
/// too. Restoring throws Error, with the thing's name, for what is not there or of another type or shape.
class SavedState {
 public:
  /// For saving: empty. Tensors are referred to, not copied.
  SavedState();
  /// For restoring: JSON as text() gave it, and the file with the tensors, which must outlive this.
  SavedState(const std::string& json, const SafetensorsReader& tensors);

  bool restoring() const { return file_ != nullptr; }

  void value(const std::string& name, bool& value);
  void value(const std::string& name, std::int64_t& value);
  void value(const std::string& name, double& value);
  void value(const std::string& name, std::string& value);
  void tensor(const std::string& name, const Tensor& tensor);
  void tensors(const std::vector<std::pair<std::string, Tensor>>& named);
  /// The values of all parameters, trained or not.
  void parameters(const ParameterSet& parameters);

  /// Things that have a name of their own: "optimizer".
  template <class Part>
  void part(const std::string& name, Part& part) {
    SavedState inner = within(name);
    part.state(inner);
  }
  /// A list whose items have a function state().
  template <class Item>
  void list(const std::string& name, std::vector<Item>& items) {
    std::int64_t size = static_cast<std::int64_t>(items.size());
    SavedState inner = within(name);
    inner.value("size", size);
    if (restoring()) inner.check_size(size);
    if (restoring()) items.assign(static_cast<std::size_t>(size), Item{});
    for (std::int64_t i = 0; i < size; ++i) inner.part(std::to_string(i), items[static_cast<std::size_t>(i)]);
  }
  /// Something that may be absent, and a number that may be.
  template <class Part>
  void optional(const std::string& name, std::optional<Part>& part) {
    bool present = part.has_value();
    SavedState inner = within(name);
    inner.value("present", present);
    if (restoring()) part = present ? std::optional<Part>(std::in_place) : std::nullopt;
    if (!present) return;
    if constexpr (std::is_same_v<Part, double>)
      inner.value("value", *part);
    else
      inner.part("value", *part);
  }

  std::string text() const;  // JSON
  const std::vector<NamedTensor>& saved_tensors() const { return *tensors_; }

 private:
  SavedState within(const std::string& name) const;
  void check_size(std::int64_t size) const;
  nlohmann::json& place(const std::string& name);
  [[noreturn]] void wrong(const std::string& name, const char* expected) const;

  std::shared_ptr<nlohmann::json> root_;
  nlohmann::json* here_;
  std::string prefix_;  // "optimizer.", of here_
  std::shared_ptr<std::vector<NamedTensor>> tensors_;
  const SafetensorsReader* file_ = nullptr;
};

}  // namespace dlcore
