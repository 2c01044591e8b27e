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

  bool restoring() const {
    return file_ != nullptr && (cells_ == nullptr || cells_->mode == Cells::Mode::reading);
  }

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
  /// The same for rows that all have the same numbers, without text or tensors: as one tensor (rows, columns)
  /// in float64, which takes little time however many there are. Error for an integer beyond 2^53.
  template <class Row>
  void table(const std::string& name, std::vector<Row>& rows) {
    Cells cells;
    Row like{};
    in_cells(cells, Cells::Mode::naming).read_or_write(like);
    if (restoring()) {
      cells.values = stored_cells(name, cells.names);
      rows.assign(cells.values.size() / cells.names.size(), Row{});
    }
    SavedState row = in_cells(cells, restoring() ? Cells::Mode::reading : Cells::Mode::writing);
    for (Row& one : rows) row.read_or_write(one);
    if (!restoring()) store_cells(name, cells);
  }
  /// Something that may be absent, and a number that may be.
  template <class Part>
  void optional(const std::string& name, std::optional<Part>& part) {
    bool present = part.has_value();
    SavedState inner = within(name);
    inner.value("present", present);
    if (restoring()) part = present ? std::optional<Part>(std::in_place) : std::nullopt;
    if (present) return inner.read_or_write("value", *part);
    if (cells_ == nullptr) return;
    Part absent{};  // has its columns in a table all the same
    inner.read_or_write("value", absent);
  }

  std::string text() const;  // JSON
  const std::vector<NamedTensor>& saved_tensors() const { return *tensors_; }

 private:
  // A table, row after row, while its rows are visited.
  struct Cells {
    enum class Mode : unsigned char { naming, writing, reading };

    Mode mode = Mode::naming;
    std::vector<std::string> names;  // of the columns
    std::vector<double> values;
    std::size_t next = 0;  // to be read
  };

  template <class Row>
  void read_or_write(Row& row) {
    row.state(*this);
  }
  template <class Part>
  void read_or_write(const std::string& name, Part& part) {
    if constexpr (std::is_same_v<Part, double>)
      value(name, part);
    else
      this->part(name, part);
  }
  SavedState in_cells(Cells& cells, Cells::Mode mode) const;
  double cell(const std::string& name, double value);
  std::vector<double> stored_cells(const std::string& name, const std::vector<std::string>& columns);
  void store_cells(const std::string& name, const Cells& cells);

  SavedState within(const std::string& name) const;
  void check_size(std::int64_t size) const;
  nlohmann::json& place(const std::string& name);
  [[noreturn]] void wrong(const std::string& name, const char* expected) const;

  std::shared_ptr<nlohmann::json> root_;
  nlohmann::json* here_;
  std::string prefix_;  // "optimizer.", of here_
  std::shared_ptr<std::vector<NamedTensor>> tensors_;
  const SafetensorsReader* file_ = nullptr;
  Cells* cells_ = nullptr;   // of the table whose row this is
  std::string cell_prefix_;  // "captions.value.", in it
};

}  // namespace dlcore
