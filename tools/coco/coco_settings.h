// What a data file is made from, as a JSON object: two runs with equal settings make equal files, as long as
// the pictures are the same.
#pragma once

#include <cstdint>
#include <string>

#include "io/feature_extractor.h"
#include "tools/coco/prepare_coco.h"

namespace dlcore {

/// Of the rows of features and pixels, which the vocabulary and the length of captions have no part in: a run
/// may go on with others. `fingerprint`: PictureList's. `extractor`: nullptr where there are no features.
std::string row_settings(const CocoOptions& options, std::uint64_t fingerprint,
                         const FeatureExtractor* extractor);

/// Of the whole file, its attribute `source` (io/FORMAT.md).
std::string file_settings(const CocoOptions& options, std::uint64_t fingerprint,
                          const FeatureExtractor* extractor);

}  // namespace dlcore
