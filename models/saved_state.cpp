#include "models/saved_state.h"

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "core/format.h"
#include "io/json_text.h"

namespace dlcore {

using nlohmann::json;

SavedState::SavedState()
    : root_(std::make_shared<json>(json::object())),
      here_(root_.get()),
      tensors_(std::make_shared<std::vector<NamedTensor>>()) {}

SavedState::SavedState(const std::string& text, const SafetensorsReader& tensors)
    : root_(std::make_shared<json>(parse_json(text, "the state in " + tensors.path()))),
      here_(root_.get()),
      tensors_(std::make_shared<std::vector<NamedTensor>>()),
      file_(&tensors) {}

void SavedState::wrong(const std::string& name, const char* expected) const {
  fail("{}: '{}{}' should be {}, but is not", file_->path(), prefix_, name, expected);
}

json& SavedState::place(const std::string& name) {
  if (!restoring()) return (*here_)[name];
  const auto found = here_->find(name);
  if (found == here_->end())
    fail("{} has no '{}{}': another version of dlcore wrote it", file_->path(), prefix_, name);
  return *found;
}

SavedState SavedState::within(const std::string& name) const {
  SavedState inner = *this;
  if (cells_ != nullptr) {
    inner.cell_prefix_ += name + ".";
    return inner;
  }
  inner.here_ = &inner.place(name);
  if (!restoring())
    *inner.here_ = json::object();
  else if (!inner.here_->is_object())
    wrong(name, "an object");
  inner.prefix_ += name + ".";
  return inner;
}

// Of a list, whose items stand beside its size: else a few bytes could ask for any amount of memory.
void SavedState::check_size(std::int64_t size) const {
  const auto items = static_cast<std::int64_t>(here_->size()) - 1;
  require(size == items, "{}: '{}size' is {}, but there are {} items", file_->path(), prefix_, size, items);
}

SavedState SavedState::in_cells(Cells& cells, Cells::Mode mode) const {
  SavedState row = *this;
  row.cells_ = &cells;
  cells.mode = mode;
  return row;
}

double SavedState::cell(const std::string& name, double value) {
  switch (cells_->mode) {
    case Cells::Mode::naming:
      cells_->names.push_back(cell_prefix_ + name);
      break;
    case Cells::Mode::writing:
      cells_->values.push_back(value);
      break;
    case Cells::Mode::reading:
      return cells_->values[cells_->next++];
  }
  return value;
}

void SavedState::store_cells(const std::string& name, const Cells& cells) {
  const auto columns = static_cast<std::int64_t>(cells.names.size());
  const std::int64_t rows = static_cast<std::int64_t>(cells.values.size()) / columns;
  place(name) = {{"columns", cells.names}, {"rows", rows}};
  if (rows > 0) tensors_->push_back({prefix_ + name, Tensor::from(cells.values, {rows, columns})});
}

std::vector<double> SavedState::stored_cells(const std::string& name,
                                             const std::vector<std::string>& columns) {
  SavedState inner = within(name);
  require(inner.place("columns") == columns,
          "{}: the columns of '{}{}' are not {}: another version of dlcore "
          "wrote it",
          file_->path(), prefix_, name, fmt::join(columns, ", "));
  std::int64_t rows = 0;
  inner.value("rows", rows);
  if (rows == 0) return {};
  const Tensor stored = file_->read(prefix_ + name);
  const auto width = static_cast<std::int64_t>(columns.size());
  require(stored.shape().rank() == 2 && stored.size(0) == rows && stored.size(1) == width &&
              stored.dtype() == DType::float64,
          "{}: tensor '{}{}' is {}, but the table has {} rows of {} columns", file_->path(), prefix_, name,
          stored, rows, width);
  return stored.to_vector<double>();
}

void SavedState::value(const std::string& name, bool& value) {
  if (cells_ != nullptr) {
    value = cell(name, value ? 1 : 0) != 0;
    return;
  }
  json& at = place(name);
  if (!restoring())
    at = value;
  else if (at.is_boolean())
    value = at.get<bool>();
  else
    wrong(name, "true or false");
}

void SavedState::value(const std::string& name, std::int64_t& value) {
  if (cells_ != nullptr) {
    constexpr double most = 9007199254740992;  // 2^53: beyond it float64 has not every integer
    const double number = cell(name, static_cast<double>(value));
    require(std::abs(number) <= most && number == std::trunc(number),
            "{}'{}{}{}' should be an integer up to 2^53, but is {}", restoring() ? file_->path() + ": " : "",
            prefix_, cell_prefix_, name, number);
    value = static_cast<std::int64_t>(number);
    return;
  }
  json& at = place(name);
  if (!restoring())
    at = value;
  else
    value = json_integer<std::int64_t>(at, fmt::format("{}: '{}{}'", file_->path(), prefix_, name));
}

// JSON has no words for what is not a finite number.
void SavedState::value(const std::string& name, double& value) {
  if (cells_ != nullptr) {
    value = cell(name, value);
    return;
  }
  constexpr double infinity = std::numeric_limits<double>::infinity();
  json& at = place(name);
  if (!restoring())
    at = std::isfinite(value) ? json(value) : json(std::isnan(value) ? "nan" : value > 0 ? "inf" : "-inf");
  else if (at.is_number())
    value = at.get<double>();
  else if (at == "nan")
    value = std::numeric_limits<double>::quiet_NaN();
  else if (at == "inf" || at == "-inf")
    value = at == "inf" ? infinity : -infinity;
  else
    wrong(name, "a number");
}

void SavedState::value(const std::string& name, std::string& value) {
  require(cells_ == nullptr, "'{}{}' is text, which a table does not have", prefix_, name);
  json& at = place(name);
  if (!restoring())
    at = value;
  else if (at.is_string())
    value = at.get<std::string>();
  else
    wrong(name, "text");
}

void SavedState::tensor(const std::string& name, const Tensor& tensor) {
  require(cells_ == nullptr, "'{}{}' is a tensor, which a table does not have", prefix_, name);
  if (!restoring()) return tensors_->push_back({prefix_ + name, tensor});
  const Tensor stored = file_->read(prefix_ + name);
  require(stored.shape() == tensor.shape() && stored.dtype() == tensor.dtype(),
          "{}: tensor '{}{}' is {}, but this run needs {}", file_->path(), prefix_, name, stored, tensor);
  copy(Stream(tensor.device()), stored.to(tensor.device()), tensor);
}

void SavedState::tensors(const std::vector<std::pair<std::string, Tensor>>& named) {
  for (const auto& [name, one] : named) tensor(name, one);
}

void SavedState::parameters(const ParameterSet& parameters) {
  for (const auto& [name, parameter] : parameters.entries()) tensor(name, parameter->value);
}

std::string SavedState::text() const {
  return to_text(*root_);
}

}  // namespace dlcore
