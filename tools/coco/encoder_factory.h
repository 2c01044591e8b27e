// From the options of dlcore_prepare coco to an encoder.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "io/feature_extractor.h"
#include "io/image_resize.h"

namespace dlcore {

struct EncoderOptions {
  std::string name;          // "regnet_x_400mf"; empty: none
  std::string weights;       // file; empty: random ones
  std::string level = "c5";  // where it ends: c2, c3, c4, c5
  std::string pool;  // "vector": averaged over the picture, (C); "grid": (C, H, W); "none"; empty: vector
  std::int64_t size = 224;
  ImageFit fit = ImageFit::crop;
  std::string device = "auto";
};

/// nullptr where no encoder is wanted. Error for options that contradict each other and an encoder that is
/// not known.
std::unique_ptr<FeatureExtractor> make_encoder(const EncoderOptions& options);

}  // namespace dlcore
