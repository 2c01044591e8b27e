// Image features with the images' names, without captions: what a captioner reads.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "io/feature_reader.h"

namespace dlcore {

struct ImageSet {
  FeatureReader features;               // (n, D) or (n, C, H, W)
  std::vector<std::int64_t> image_ids;  // (n): the row number where the file has none
  std::vector<std::string> file_names;  // (n), or empty
  std::string features_description;     // JSON: how the features were made; empty where the file does not say
  bool ids_are_rows = true;             // the file has no ids

  std::int64_t count() const { return features.count(); }
};

/// Opens FILE.h5: dlcore's own layout (io/FORMAT.md; the images of `split`) or a CS231n feature file (a
/// dataset `features` at the root; `split` is not used). Error when it is neither, or the split is missing or
/// empty.
/// With options.pictures the pictures of a data file, in place of features, and how they were made.
ImageSet open_image_set(const std::string& path, const std::string& split,
                        FeatureReader::Options options = {});

/// Gives the images the names in a text file, one line per row: CS231n's *_urls.txt. Error when it has not as
/// many lines as there are images.
void name_images(ImageSet& images, const std::string& urls);

}  // namespace dlcore
