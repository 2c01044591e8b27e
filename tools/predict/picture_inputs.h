// Files of pictures as inputs of a network that was trained on bytes.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "io/image_resize.h"
#include "models/graph_model.h"

namespace dlcore {

class PictureInputs {
 public:
  /// Error unless the network `model` takes grey or RGB pictures of bytes: (height, width, 1 or 3), or
  /// (height, width). Pictures that are not square are made by `squash` only.
  PictureInputs(const std::string& model, const ExampleShapes& shapes, ImageFit fit);

  std::int64_t size() const { return height_ * width_ * channels_; }

  /// (size): a picture as `dlcore_prepare classes` would have stored it, value / 255; its ITU-R 601 luma,
  /// 0.299 R + 0.587 G + 0.114 B, where the network takes grey ones. Error of read_image.
  void read(const std::string& path, std::span<float> input) const;

 private:
  std::int64_t height_ = 0, width_ = 0, channels_ = 1;
  ImageFit fit_;
};

}  // namespace dlcore
