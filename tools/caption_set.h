// Captions by image, from any file that has them: what dlcore_eval compares with.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "io/caption_results.h"

namespace dlcore {

struct CaptionSet {
  std::vector<std::int64_t> image_ids;
  bool ids_are_rows = false;                       // a data file without ids
  std::vector<std::string> file_names, urls;       // [image], or empty
  std::vector<std::vector<std::string>> captions;  // [image]; not tokenised
};

/// Of a captions file (COCO, Karpathy, table: io/caption_annotations.h) or a data file in dlcore's layout,
/// whose captions are those of its vocabulary. Only the images of `split`; empty: all, which a data file
/// refuses, since its splits number their images separately where it has no ids. Error where the split, or
/// any, is not there.
CaptionSet read_caption_set(const std::string& path, const std::string& split);

/// Every caption of the train split, of all images where a captions file does not say splits.
std::vector<std::string> read_training_captions(const std::string& path);

/// The images that have a result, with the captions to compare it with.
struct ComparedCaptions {
  std::vector<std::int64_t> image_ids;
  std::vector<std::string> captions;                 // the results'
  std::vector<std::vector<std::string>> references;  // [image]: at least one

  std::int64_t reference_count() const;
};

/// In the set's order, which is coco-caption's. A result's image is found by its id, or where it has none by
/// its file name (tools/image_names.h); by its row only in a data file without ids. Error for a result whose
/// image is not in the set, is not known for certain, has a result already, or has no captions; the paths are
/// for its message.
ComparedCaptions with_results(CaptionSet set, std::vector<CaptionResult> results, const std::string& set_path,
                              const std::string& results_path);

}  // namespace dlcore
