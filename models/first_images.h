// The first images of a split that have captions: what validation looks at from epoch to epoch.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/data_loader.h"

namespace dlcore {

struct FirstImages {
  std::vector<std::int32_t> places;                  // (images of the split): number among these; -1: none
  std::vector<std::int64_t> rows;                    // of each of these its row in the split
  std::vector<std::vector<std::string>> references;  // of each of these its captions, in the data's words

  /// At most `images` of them.
  FirstImages(const CaptionSplit& split, const Vocabulary& vocabulary, std::int64_t images);

  std::int64_t count() const { return static_cast<std::int64_t>(rows.size()); }
  /// The number of a caption's image, CaptionBatch::images[r].
  std::size_t place(std::int32_t row) const {
    return static_cast<std::size_t>(places[static_cast<std::size_t>(row)]);
  }
  /// A loader's options with which it gives each of these images once, with some caption.
  DataLoader::Options loading(DataLoader::Options options) const;
};

}  // namespace dlcore
