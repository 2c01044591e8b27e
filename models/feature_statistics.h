// Mean and deviation of image features per channel, for the captioner's Standardize layer.
#pragma once

#include <vector>

#include "io/feature_reader.h"

namespace dlcore {

struct FeatureStatistics {
  std::vector<double> mean;       // (channels)
  std::vector<double> deviation;  // (channels), of the n - 1 kind
};

/// Over all rows and, of a (C, H, W) grid, all places of a channel. One pass through the file, in batches.
FeatureStatistics feature_statistics(const FeatureReader& reader);

}  // namespace dlcore
