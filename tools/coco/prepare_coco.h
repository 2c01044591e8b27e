// dlcore_prepare coco: pictures and captions of a data set as one data file (io/FORMAT.md).
#pragma once

#include <cstdint>
#include <string>

#include "io/feature_extractor.h"
#include "io/image_resize.h"
#include "tools/coco/picture_list.h"
#include "tools/coco/prepare_report.h"

namespace dlcore {

struct CocoOptions {
  PictureSource source;
  std::string out;
  ImageFit fit = ImageFit::crop;
  std::int64_t store_images = 0;  // side of the pictures that are stored; 0: none
  std::int64_t min_count = 5;     // uses in the training captions that make a word one of the vocabulary
  std::int64_t max_words = 15;    // of a caption; longer ones are cut
  bool float32 = false;           // features; else float16
  int threads = 0;                // that read pictures; 0: one for each processor
  bool restart = false;           // throws away what an interrupted run left
  bool quiet = false;             // shows no progress
};

/// Reads the pictures in threads, a bounded number ahead; makes features with `extractor` (nullptr: no
/// features) in the calling thread; and writes OUT when all are there. Interrupted, the same call goes on
/// where it was (io/partial_rows.h); the result is the same file, byte for byte, for any number of threads
/// and interruptions. Pictures that are missing or broken are left out with their captions, and captions
/// without a word; the report has them. Words: io/caption_tokens.h. Error for what list_pictures refuses,
/// when no training picture can be read, and when OUT can't be written.
PrepareReport prepare_coco(const CocoOptions& options, FeatureExtractor* extractor);

}  // namespace dlcore
