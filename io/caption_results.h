// Captions in COCO's results format: [{"image_id": 7, "caption": "a man on a horse"}, ...]
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace dlcore {

struct CaptionResult {
  std::int64_t image_id;
  std::string caption;  // UTF-8; bytes that are not are replaced by U+FFFD
};

/// Atomic: `path` is the old file or the whole new one. Error when it cannot be written.
void write_caption_results(const std::string& path, const std::vector<CaptionResult>& results);

}  // namespace dlcore
