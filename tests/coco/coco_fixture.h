// A small data set of drawn pictures, and an encoder that is none, to test data preparation on.
#pragma once

#include <cmath>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "io/feature_extractor.h"
#include "tests/temporary_directory.h"
#include "tools/coco/prepare_coco.h"

namespace dlcore::test {

/// The mean of each channel in each quarter of the picture; to the last of them the number of pictures in the
/// batch is added, since an encoder's last bits may depend on it: batches must not depend on interruptions.
class QuarterMeans : public FeatureExtractor {
 public:
  explicit QuarterMeans(std::int64_t size = 32, std::string version = "1")
      : size_(size), version_(std::move(version)) {}
  std::int64_t image_size() const override { return size_; }
  Shape feature_shape() const override { return Shape{3, 2, 2}; }
  std::string description() const override {
    return R"({"encoder": "quarter means", "size": )" + std::to_string(size_) + R"(, "version": ")" +
           version_ + "\"}";
  }
  void extract(std::span<const Image> images, std::span<float> features) override;

  int calls = 0;
  std::int64_t most = 0;  // pictures in a call

 private:
  std::int64_t size_;
  std::string version_;
};

/// `count` pictures "picture_0.png", "picture_1.jpg", ... of different sizes and colours, with two captions
/// each, in COCO's format. Ids are 1000 + i.
struct CocoSet {
  explicit CocoSet(int count, int side = 40);

  std::string images() const { return folder.file("images"); }
  std::string out() const { return folder.file("data.h5"); }
  static std::string name(int picture);
  /// Writes annotations.json as `json` is now.
  void write() const;
  CocoOptions options() const;

  TemporaryDirectory folder;
  nlohmann::json json;
};

}  // namespace dlcore::test
