// dlcore's own data file: features or pictures or both, captions, image ids, file names, vocabulary and how
// the features were made, in ONE HDF5 file. io/FORMAT.md describes it for people; in short:
//
//     /                  attributes format = "dlcore captions", version = "1", vocabulary (JSON), features
//                        and images (JSON: how they were made), source (JSON: what the file was made from),
//                        creator; all of them text
//     /train/, /val/, /test/, each with
//       features         (n, D) or (n, C, H, W), float16 or float32, chunked by a few rows; and/or
//       images           (n, S, S, 3) uint8, RGB, one picture in a chunk
//       captions         (m, T) int32: <START> words <END> <NULL>...
//       image_idxs       (m) int32: row of the caption's image, below n
//       image_ids        (n) int64
//       file_names       (n) text
//
// Reading: CaptionData::open_file (io/caption_data.h), open_image_set (io/image_set.h).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/shape.h"
#include "io/hdf5.h"
#include "io/vocabulary.h"

namespace dlcore {

/// Writes rows as they come, under a temporary name in the same directory; finish() renames. Destroyed before
/// finish(), it leaves nothing behind.
class DataFileWriter {
 public:
  struct Options {
    Shape feature_shape;                         // (D) or (C, H, W) of every image; scalar: no features
    Hdf5Element element = Hdf5Element::float16;  // or float32
    std::int64_t caption_length = 0;             // T, with <START> and <END>
    std::string features_description = "{}";     // JSON: how the features were made
    std::string creator;                         // program and version
    std::string source = {};                     // JSON: what the file was made from; empty: not said
    std::int64_t image_size = 0;                 // S of the pictures that are stored; 0: none
    std::string images_description = "{}";       // JSON: how the pictures were made
  };

  DataFileWriter(const std::string& path, Vocabulary vocabulary, Options options);
  ~DataFileWriter();
  DataFileWriter(const DataFileWriter&) = delete;
  DataFileWriter& operator=(const DataFileWriter&) = delete;

  /// Appends an image to `split` ("train", "val" or "test") and returns its row. features (D) or (C*H*W),
  /// finite and within the element type's range, else Error; pixels (S*S*3). Empty where the file has none.
  std::int64_t add_image(const std::string& split, std::span<const float> features, std::int64_t image_id,
                         const std::string& file_name, std::span<const std::uint8_t> pixels = {});
  /// Appends a caption of 2 to T tokens, filled up with <NULL>, for an image that was added. Error for a
  /// token outside the vocabulary, an image that is not there, or too many tokens.
  void add_caption(const std::string& split, std::int64_t image_row, std::span<const std::int32_t> tokens);
  /// A further text dataset of the split, for instance a ground truth: one string per call.
  void add_text(const std::string& split, const std::string& dataset, const std::string& text);

  /// Error when no split was written or a split lacks images or captions.
  void finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// The first of the features that such an element can't hold, infinite or beyond its range; -1: all fit.
std::int64_t first_misfit(std::span<const float> features, Hdf5Element element);

/// train, val and test.
bool is_split_name(std::string_view name);

inline constexpr const char* data_file_format = "dlcore captions";
inline constexpr const char* data_file_version = "1";

}  // namespace dlcore
