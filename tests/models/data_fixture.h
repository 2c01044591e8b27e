// A small data file whose captions follow from the features.
#pragma once

#include "io/caption_data.h"
#include "tests/temporary_directory.h"

namespace dlcore::test {

struct TinyData {
  std::int64_t train_images = 24;
  std::int64_t val_images = 8;
  Shape feature_shape{4, 1, 2};  // channel k is large where the image is of colour k

  static Vocabulary vocabulary();
  /// Two captions for each image, of 2 and 4 words, T = 7; image ids from 100 on.
  void write(const std::string& path) const;
};

/// Such a file in a directory of its own.
struct TinyDataFile {
  explicit TinyDataFile(const TinyData& tiny = {}) { tiny.write(path); }
  CaptionData open() const { return CaptionData::open_file(path); }

  TemporaryDirectory folder;
  std::string path = folder.file("tiny.h5");
};

}  // namespace dlcore::test
