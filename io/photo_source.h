// The photos behind the images of a data set, for people to see: wherever the data leads to them.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "io/image.h"
#include "io/image_set.h"

namespace dlcore {

class PhotoSource {
 public:
  /// `images` must outlive it. `folder`: what their file names are relative to; empty: nothing is known of
  /// that. Error for a folder that is not there.
  PhotoSource(const ImageSet& images, const std::string& folder);

  /// The photo of a row: the file of its name (or of the last part of its URL) in the folder, else a local
  /// file that the name gives in full, else the picture that the data file stores, else features that are
  /// pixels. Nothing where there is none of them, or it cannot be read: a report is no reason to stop.
  std::optional<Image> operator()(std::int64_t row) const;

  /// The image's file name, or "image 17" by its id.
  std::string name(std::int64_t row) const;

 private:
  std::optional<Image> file_of(const std::string& name) const;
  Image stored(std::int64_t row) const;
  Image pixels(std::int64_t row) const;

  const ImageSet& images_;
  std::string folder_;
  std::unique_ptr<FeatureReader> stored_;  // pictures of the data file
  bool features_are_pixels_ = false;       // (3, height, width), 0 to 1
};

}  // namespace dlcore
