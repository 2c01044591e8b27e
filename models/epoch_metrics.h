// The figures of a training run after each epoch, and the one table of their names and texts, which every
// file of them is written from.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "models/validation.h"

namespace dlcore {

class SavedState;

/// What is optional has columns where it is there.
struct EpochMetrics {
  std::int64_t epoch = 0;  // counts from 1
  std::int64_t step = 0;   // optimiser steps so far
  double seconds = 0;      // of this epoch's training, without validation
  double train_loss = 0;   // mean over the epoch's examples; a caption's is summed over its words
  double val_loss = 0;
  /// With the images exchanged among the captions; NaN where that was not possible.
  std::optional<double> val_loss_shuffled = {};
  std::string items = "tokens";         // what is counted per second
  double items_per_second = 0;          // trained on
  double learning_rate = 0;             // of the last step
  std::optional<double> accuracy = {};  // of validation
  std::optional<double> reward = {};    // of self-critical training; NaN in its epochs of cross-entropy
  std::optional<CaptionReport> captions = {};  // where validation captions images

  /// Without the name of the items, which is the run's.
  void state(SavedState& saved);
};

struct MetricColumn {
  std::string name;
  double value;
  std::string text;  // the value as files have it: "4.250000", "nan"
};

/// In the order of metrics.csv.
std::vector<MetricColumn> metric_columns(const EpochMetrics& metrics);

/// What a caption loses with another caption's image, in nats; NaN where no images were exchanged.
double image_gap(const EpochMetrics& metrics);
/// What it should be at least.
inline constexpr double smallest_image_gap = 0.1;
/// Whether it is less: the model does not look at the image.
bool ignores_image(const EpochMetrics& metrics);

}  // namespace dlcore
