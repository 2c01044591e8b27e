// Images with captions, in one interface over two layouts: the files of Stanford's CS231n course and dlcore's
// own single file (io/FORMAT.md).
//
// CS231n: one captions file with {train,val}_captions (m, T) and {train,val}_image_idxs (m), integers of any
// width; per split one features file with `features` (n, D) or (n, C, H, W), floating; the vocabulary as
// JSON; and, if wanted, one text file per split with the file name or URL of each image row.
//
// Everything is checked when it is opened, with an Error that names file, dataset and position: a missing
// dataset, a wrong rank or type, captions and image_idxs of different lengths, an image index out of range, a
// token outside the vocabulary, an empty split, T < 2, features of different shapes in the splits.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "core/shape.h"
#include "io/image_set.h"
#include "io/vocabulary.h"

namespace dlcore {

struct CaptionSplit {
  ImageSet images;                       // n images
  std::vector<std::int32_t> captions;    // (m, T), row-major: <START> words <END> <NULL>...
  std::vector<std::int32_t> image_idxs;  // (m): row of each caption's image, below n
  std::int64_t length = 0;               // T

  std::int64_t count() const { return static_cast<std::int64_t>(image_idxs.size()); }  // m
  std::span<const std::int32_t> caption(std::int64_t row) const {                      // (T)
    return std::span(captions).subspan(static_cast<std::size_t>(row * length),
                                       static_cast<std::size_t>(length));
  }
};

struct Cs231nFiles {
  std::string captions;        // *_captions.h5
  std::string vocabulary;      // *_vocab.json
  std::string train_features;  // HDF5 with `features`; needed where the split is asked for
  std::string val_features;
  std::string train_urls;  // text, one line per image row; may be empty
  std::string val_urls;
};

class CaptionData {
 public:
  /// Only the splits asked for ("train", "val"; "test" in a data file) are opened; each of them must be
  /// there.
  static CaptionData open_cs231n(const Cs231nFiles& files,
                                 const std::vector<std::string>& splits = {"train", "val"},
                                 FeatureReader::Options options = {});
  static CaptionData open_file(const std::string& path,
                               const std::vector<std::string>& splits = {"train", "val"},
                               FeatureReader::Options options = {});

  const Vocabulary& vocabulary() const { return vocabulary_; }
  bool has(const std::string& split) const { return splits_.contains(split); }
  const CaptionSplit& split(const std::string& name) const;  // Error where it was not opened
  /// (D) or (C, H, W), the same in every split.
  const Shape& feature_shape() const { return splits_.begin()->second.images.features.row_shape(); }
  std::int64_t feature_size() const { return splits_.begin()->second.images.features.row_size(); }
  /// JSON: how the features were made; empty where the files do not say.
  const std::string& features_description() const {
    return splits_.begin()->second.images.features_description;
  }

 private:
  CaptionData(Vocabulary vocabulary, std::map<std::string, CaptionSplit> splits);

  Vocabulary vocabulary_;
  std::map<std::string, CaptionSplit> splits_;
};

}  // namespace dlcore
