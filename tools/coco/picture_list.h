// The pictures of a data set with their captions and splits, before any of them is opened.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace dlcore {

struct PictureSource {
  std::string annotations;      // io/caption_annotations.h
  std::string images;           // folder
  std::string val_annotations;  // empty: `annotations` has all splits, or val is a share of it
  std::string val_images;
  double val_share = 0.1;
};

struct PictureList {
  struct Picture {
    std::int64_t id = 0;
    std::string file_name;
    std::string folder;
    std::string split;  // "train", "val", "test"
    std::vector<std::string> captions;

    /// folder/file_name; where that is not there, the name without Karpathy's folder in front.
    std::string path() const;
  };

  std::vector<Picture> pictures;         // train, then val, then test; each in the order of the annotations
  std::vector<std::string> notes;        // sentences about what was read, and how the splits came about
  std::vector<std::string> uncaptioned;  // file names of images without a caption, which are left out
  std::uint64_t fingerprint = 0;         // of ids, names, splits and captions

  std::int64_t count(const std::string& split) const;
};

/// Splits: from val_annotations where it is given, else as the annotations say; where they name no split or
/// no image for val, each train image goes to val with the probability val_share, by a checksum of its file
/// name: the same image always goes to the same split, whatever else is there. Error for what
/// read_caption_annotations refuses, for splits that contradict val_annotations, a folder that is not there,
/// a picture in two splits, and an empty train split.
PictureList list_pictures(const PictureSource& source);

}  // namespace dlcore
