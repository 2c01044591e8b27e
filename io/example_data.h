// Inputs with targets, for supervised learning: one HDF5 file with a group for each split (io/FORMAT.md).
//
//   train/inputs    (n, ...) of rank 2 to 5: floating numbers, which are given as they are, or uint8, given
//   as
//                   value / 255
//   train/targets   (n) integers: classes, counted from 0; or (n, ...) floating: numbers to be met
//   val/..., test/...   the same
//   classes         text, optional: names of the classes, as a dataset or as an attribute of the root
//
// Everything but the inputs themselves is checked when it is opened, with an Error that names file, dataset
// and position: a missing dataset, a wrong rank or type, inputs and targets of different lengths, an empty
// split, a class below 0 or without a name, a number that is not finite, and splits that are not alike.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/shape.h"
#include "io/feature_reader.h"

namespace dlcore {

struct ExampleSplit {
  FeatureReader inputs;              // (n, ...)
  std::vector<std::int32_t> labels;  // (n), where the targets are classes
  std::vector<float> values;         // (n * numel of the target's shape), where they are numbers

  std::int64_t count() const { return inputs.count(); }  // n
};

class ExampleData {
 public:
  /// Only the splits asked for ("train", "val", "test") are opened; each of them must be there.
  static ExampleData open(const std::string& path, const std::vector<std::string>& splits = {"train", "val"},
                          FeatureReader::Options options = {});

  bool has(const std::string& split) const { return splits_.contains(split); }
  const ExampleSplit& split(const std::string& name) const;  // Error where it was not opened

  /// Of one input, the same in every split.
  const Shape& input_shape() const { return splits_.begin()->second.inputs.row_shape(); }
  /// Whether a split has them as bytes, so that all of them are the numbers of bytes / 255.
  bool has_bytes() const {
    return std::any_of(splits_.begin(), splits_.end(),
                       [](const auto& entry) { return entry.second.inputs.stored_type() == "uint8"; });
  }
  /// Whether the targets are classes, or else numbers.
  bool has_classes() const { return !splits_.begin()->second.labels.empty(); }
  /// How many classes there are: as many as have names, or one more than the largest in an opened split. 0
  /// where targets are numbers.
  std::int64_t classes() const { return classes_; }
  /// Of the classes, or of the numbers where a target is a vector; may be empty.
  const std::vector<std::string>& class_names() const { return class_names_; }
  /// Of one target of numbers; (1) where the file has one number for each input. Rank 0 for classes.
  const Shape& target_shape() const { return target_shape_; }

 private:
  ExampleData() = default;

  std::map<std::string, ExampleSplit> splits_;
  std::vector<std::string> class_names_;
  std::int64_t classes_ = 0;
  Shape target_shape_;
};

}  // namespace dlcore
