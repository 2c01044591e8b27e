// Images of a split that are like a given one, by their features.
//
// The similarity of two images is the cosine of the angle between their features' means over the positions of
// a grid (a vector is itself one). Of the k most similar images each has a share of
//
//     exp(sharpness s_j) / sum over the k of exp(sharpness s)
//
// with the similarity s and sharpness = 10: by that the nearest ones count more than the others. Of
// Flickr8k's captions it made the CIDEr-D 0.01 higher than equal shares did, with features of MobileNetV2.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "core/stream.h"
#include "core/tensor.h"

namespace dlcore {

class SimilarImages {
 public:
  /// Features of images by their rows in the split: (rows.size(), D), float32 on the CPU.
  using FeaturesOf = std::function<Tensor(std::span<const std::int64_t> rows)>;

  /// Reads the features of these rows, at least one, and keeps C float32 numbers of each on the stream's
  /// device. feature_shape: (C) or (C, H, W), of D numbers.
  SimilarImages(const Shape& feature_shape, std::vector<std::int64_t> rows, const FeaturesOf& features_of,
                const Stream& stream);

  struct Similar {
    std::int64_t row;  // in the split
    double share;
  };
  /// The k most similar images of each of n: the most similar first, of equal ones that which was read first;
  /// all, where there are no more than k. features: (n, D), float32 on the CPU. An image has the same ones
  /// alone as with others.
  std::vector<std::vector<Similar>> operator()(const Tensor& features, std::int64_t k) const;

 private:
  // The directions of n images' features times `length`, (n, C) on the device.
  Tensor directions(const Tensor& features, double length) const;

  std::int64_t channels_, spatial_;  // C, H * W
  std::vector<std::int64_t> rows_;
  Stream stream_;
  Tensor known_;  // (rows, C), of length 1
};

}  // namespace dlcore
