// What makes features of pictures: an encoder, as data preparation sees it.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "core/shape.h"
#include "io/image.h"

namespace dlcore {

class FeatureExtractor {
 public:
  virtual ~FeatureExtractor() = default;

  /// S: pictures come as S x S pixels.
  virtual std::int64_t image_size() const = 0;
  /// (D) or (C, H, W) of one picture.
  virtual Shape feature_shape() const = 0;
  /// JSON: encoder, weights with a checksum, size, normalisation, pooling. It says how to make the same
  /// features again, is stored in the data file, and must be another one where the features would be others.
  virtual std::string description() const = 0;

  /// features (N, feature_shape) of N pictures, any N from 1 on.
  virtual void extract(std::span<const Image> images, std::span<float> features) = 0;
};

}  // namespace dlcore
