// Captions in COCO's results format: [{"image_id": 7, "caption": "a man on a horse"}, ...]
//
// Where an image has several captions, or scores are wanted, a result has one key more, which COCO's tools
// pass over: "captions": [{"caption": "a man on a horse", "score": -4.2}, ...], the first one being the
// caption above; and with each word's share of it "words": ["a", ..., "<END>"] and "log_probabilities":
// [-0.3,
// ...], one for each of these words.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace dlcore {

struct ScoredCaption {
  std::string caption;
  double score;
  std::vector<std::string> words;         // or empty
  std::vector<double> log_probabilities;  // as many
};

struct CaptionResult {
  std::int64_t image_id;
  std::string caption;                       // UTF-8; bytes that are not are replaced by U+FFFD
  std::vector<ScoredCaption> captions = {};  // or empty
};

/// In the file's order; keys other than these two are not read, as by COCO's own program. Error that names
/// the file and the place for what is not of this format, no results, an image that has two (COCO's
/// evaluation takes one caption for each image), or a caption of more than 65,536 bytes.
std::vector<CaptionResult> read_caption_results(const std::string& path);

/// Atomic: `path` is the old file or the whole new one. Error when it cannot be written.
void write_caption_results(const std::string& path, const std::vector<CaptionResult>& results);

}  // namespace dlcore
