// The first caption of each of COCO's first 2,000 validation images, and the others of its image as
// references.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "io/caption_annotations.h"

namespace dlcore::test {

struct CocoCaptions {
  std::vector<std::string> captions;
  std::vector<std::vector<std::string>> references;
};

inline const std::string coco_captions_path = DLCORE_TEST_DATA "/coco/captions_val2017.json";

/// Nothing where the file is not there.
inline std::optional<CocoCaptions> read_coco_captions() {
  if (!std::filesystem::exists(coco_captions_path)) return {};
  const CaptionAnnotations annotations = read_caption_annotations(coco_captions_path);
  CocoCaptions result;
  result.references.resize(annotations.images.size());
  for (const auto& caption : annotations.captions)
    result.references[static_cast<std::size_t>(caption.image)].push_back(caption.text);
  result.references.resize(2000);
  for (auto& own : result.references) {
    result.captions.push_back(own[0]);
    own.erase(own.begin());
  }
  return result;
}

}  // namespace dlcore::test
