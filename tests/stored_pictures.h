// The pictures of a data file, as bytes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "io/image_set.h"

namespace dlcore::test {

inline ImageSet open_pictures(const std::string& path, const std::string& split) {
  FeatureReader::Options options;
  options.pictures = true;
  return open_image_set(path, split, options);
}

/// (S, S, 3)
inline std::vector<std::uint8_t> picture_of(const ImageSet& pictures, std::int64_t row) {
  std::vector<float> values(static_cast<std::size_t>(pictures.features.row_size()));
  pictures.features.read(std::vector{row}, values.data());
  return {values.begin(), values.end()};
}

}  // namespace dlcore::test
