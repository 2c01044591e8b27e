// What a network says of inputs, as tables.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "models/example_loader.h"
#include "models/graph_model.h"

namespace dlcore {

/// A row of CSV for each input, and how often which class was taken for which.
class Predictions {
 public:
  /// class_names: of the first so many classes; the others are called by their numbers.
  Predictions(const ExampleShapes& shapes, std::vector<std::string> class_names);

  /// Inputs with targets. scores: (N, C) of classes, (N, ...) of numbers.
  void add(const ExampleBatch& batch, const Tensor& scores);
  /// A picture, of which nobody says what it is. scores: its row.
  void add(const std::string& picture, std::span<const double> scores);

  /// In the header's words: row,target,predicted,score NAME...; row,target0,...,predicted0,... for numbers;
  /// "picture" in place of row and targets.
  const std::string& csv() const { return csv_; }

  /// Of each class how many there are, how many were found, and what the others were mostly taken for.
  std::string class_table() const;

  /// One line: the likeliest classes with their softmax probabilities; or the numbers.
  std::string line(std::span<const double> scores, std::size_t classes_at_most) const;

 private:
  std::string name(std::int64_t c) const;
  void begin_csv(const std::string& inputs, std::size_t scores);
  void finish_row(std::span<const double> scores);

  std::int64_t classes_;
  std::vector<std::string> names_;
  std::vector<std::int64_t> confusion_;  // (target, predicted)
  std::string csv_;
};

}  // namespace dlcore
