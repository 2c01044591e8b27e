// The figures of a training run after each epoch, and the one table of their names and texts, which every
// file of them is written from.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "models/caption_validation.h"

namespace dlcore {

class SavedState;

/// With `captions` and `reward` there are columns for them, too.
struct EpochMetrics {
  std::int64_t epoch = 0;  // counts from 1
  std::int64_t step = 0;   // optimiser steps so far
  double seconds = 0;      // of this epoch's training, without validation
  double train_loss = 0;   // mean over the epoch's captions; a loss is summed over the words of a caption
  double val_loss = 0;
  double val_loss_shuffled =
      0;  // with the images exchanged among the captions; NaN where that was not possible
  double tokens_per_second = 0;       // words trained on
  double learning_rate = 0;           // of the last step
  std::optional<double> reward = {};  // of self-critical training; NaN in its epochs of cross-entropy
  std::optional<CaptionReport> captions = {};  // where validation captions images

  void state(SavedState& saved);
};

struct MetricColumn {
  std::string name;
  double value;
  std::string text;  // the value as files have it: "4.250000", "nan"
};

/// In the order of metrics.csv.
std::vector<MetricColumn> metric_columns(const EpochMetrics& metrics);

/// What a caption loses with another caption's image, in nats; NaN where no images could be exchanged.
double image_gap(const EpochMetrics& metrics);
/// What it should be at least.
inline constexpr double smallest_image_gap = 0.1;
/// Whether it is less: the model does not look at the image.
bool ignores_image(const EpochMetrics& metrics);

}  // namespace dlcore
