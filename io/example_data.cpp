#include "io/example_data.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/error.h"
#include "io/data_file.h"
#include "io/hdf5.h"

namespace dlcore {

namespace {

std::vector<std::string> read_class_names(const Hdf5File& file) {
  if (!file.contains("classes"))
    return file.text_list_attribute("classes").value_or(std::vector<std::string>());
  const Hdf5Dataset names = file.dataset("classes");
  require(names.shape().rank() == 1, "{} should have the shape [classes], but has {}", names.where(),
          to_string(names.shape()));
  return names.read_text();
}

[[noreturn]] void refuse_targets(const Hdf5Dataset& targets) {
  fail(
      "{} should hold classes, integers of the shape [n], or numbers, floating and of the shape [n, ...], "
      "but holds {} of the shape {}",
      targets.where(), targets.type().name, to_string(targets.shape()));
}

void check_labels(const Hdf5Dataset& targets, const std::vector<std::int32_t>& labels, std::size_t names) {
  for (std::size_t row = 0; row < labels.size(); ++row) {
    if (labels[row] < 0)
      fail("{} holds the class {} at row {}: classes are counted from 0", targets.where(), labels[row], row);
    if (names > 0 && static_cast<std::size_t>(labels[row]) >= names)
      fail("{} holds the class {} at row {}, but the file names {} classes, which are counted from 0",
           targets.where(), labels[row], row, names);
  }
}

void check_values(const Hdf5Dataset& targets, const std::vector<float>& values, std::size_t size) {
  for (std::size_t i = 0; i < values.size(); ++i)
    if (!std::isfinite(values[i]))
      fail("{} holds {} at row {}, column {}: targets must be finite", targets.where(), values[i], i / size,
           i % size);
}

// Shape of one target: rank 0 for a class, and (1) for one number.
Shape target_shape_of(const Hdf5Dataset& targets) {
  const Shape shape = targets.shape();
  if (shape.rank() < 1) refuse_targets(targets);
  if (targets.type().kind == Hdf5Type::Kind::integer && shape.rank() == 1) return {};
  if (targets.type().kind != Hdf5Type::Kind::floating) refuse_targets(targets);
  return shape.rank() == 1 ? Shape{1} : Shape(shape.sizes().subspan(1));
}

ExampleSplit open_split(const Hdf5File& file, const std::string& name, const Shape& target_shape,
                        std::size_t names, const FeatureReader::Options& options) {
  FeatureReader inputs(file.path(), name + "/inputs", options);
  const Hdf5Dataset targets = file.dataset(name + "/targets");
  const std::int64_t count = targets.shape()[0];
  require(inputs.count() > 0, "dataset {} of {} is empty: the split has no examples", inputs.dataset(),
          file.path());
  require(count == inputs.count(), "dataset {} of {} has {} inputs, but {} has {} targets", inputs.dataset(),
          file.path(), inputs.count(), targets.where(), count);
  ExampleSplit split{std::move(inputs), {}, {}};
  if (target_shape.rank() == 0) {
    split.labels = targets.read_int32();
    check_labels(targets, split.labels, names);
  } else {
    require(target_shape.numel() > 0, "{} has targets without elements: its shape is {}", targets.where(),
            to_string(targets.shape()));
    split.values = targets.read_float();
    check_values(targets, split.values, static_cast<std::size_t>(target_shape.numel()));
  }
  return split;
}

}  // namespace

ExampleData ExampleData::open(const std::string& path, const std::vector<std::string>& splits,
                              FeatureReader::Options options) {
  require(!splits.empty(), "no split of {} was asked for", path);
  for (const std::string& name : splits)
    require(is_split_name(name), "there is no split \"{}\": the splits are train, val and test", name);
  options.inputs = true;
  const Hdf5File file = Hdf5File::open(path);
  ExampleData data;
  data.class_names_ = read_class_names(file);
  const std::size_t names = data.class_names_.size();
  const Hdf5Dataset first = file.dataset(splits.front() + "/targets");
  data.target_shape_ = target_shape_of(first);
  for (const std::string& name : splits) {
    const Hdf5Dataset targets = file.dataset(name + "/targets");
    const Shape shape = target_shape_of(targets);
    if (shape != data.target_shape_)
      fail("the splits have targets of different kinds: {} holds {} of the shape {}, {} holds {} of {}",
           first.where(), first.type().name, to_string(first.shape()), targets.where(), targets.type().name,
           to_string(targets.shape()));
    const ExampleSplit& split =
        data.splits_.emplace(name, open_split(file, name, shape, names, options)).first->second;
    const FeatureReader& inputs = data.splits_.at(splits.front()).inputs;
    require(split.inputs.row_shape() == inputs.row_shape(),
            "the splits have inputs of different shapes: {} in dataset {} of {}, {} in dataset {}",
            to_string(inputs.row_shape()), inputs.dataset(), path, to_string(split.inputs.row_shape()),
            split.inputs.dataset());
  }
  if (data.target_shape_.rank() == 0) {
    data.classes_ = static_cast<std::int64_t>(names);
    for (const auto& [name, split] : data.splits_)
      for (const std::int32_t label : split.labels)
        data.classes_ = std::max(data.classes_, std::int64_t{label} + 1);
  } else {
    require(names == 0 || data.target_shape_ == Shape{static_cast<std::int64_t>(names)},
            "{} names {} classes, but its targets are numbers of the shape {}", path, names,
            to_string(data.target_shape_));
  }
  return data;
}

const ExampleSplit& ExampleData::split(const std::string& name) const {
  const auto found = splits_.find(name);
  if (found == splits_.end()) fail("the split {} of the examples was not opened", name);
  return found->second;
}

}  // namespace dlcore
