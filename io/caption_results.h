// Captions in COCO's results format: [{"image_id": 7, "caption": "a man on a horse"}, ...]
//
// Where no file gives an image its id, it is named in another way, so that nobody takes a number for an id
// which is none: "file_name": "photos/dog.jpg" in place of image_id, or "row": 0, its row in a features file
// without names. COCO's tools refuse these.
//
// Where an image has several captions, or scores are wanted, a result has one key more, which COCO's tools
// pass over: "captions": [{"caption": "a man on a horse", "score": -4.2}, ...], the first one being the
// caption above; and with each word's share of it "words": ["a", ..., "<END>"] and "log_probabilities":
// [-0.3,
// ...], one for each of these words.
#pragma once

#include <cstdint>
#include <optional>
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
  std::optional<std::int64_t> image_id;      // known, or else one of the two below
  std::string caption;                       // UTF-8; bytes that are not are replaced by U+FFFD
  std::vector<ScoredCaption> captions = {};  // or empty
  std::string file_name = {};                // or an address; empty: not known
  std::optional<std::int64_t> row = {};
};

/// What stands for the image in the file: "image 7", "image photos/dog.jpg", "row 0". For messages.
std::string image_of(const CaptionResult& result);

/// In the file's order; keys other than the caption and the first of image_id, file_name and row are not
/// read, as by COCO's own program. Error that names the file and the place for what is not of this format, no
/// results, an image that has two (COCO's evaluation takes one caption for each image), or a caption of more
/// than 65,536 bytes. Files have at most 1 GiB, and what is read takes at most 32 times their bytes.
std::vector<CaptionResult> read_caption_results(const std::string& path);

/// Atomic: `path` is the old file or the whole new one. Error when it cannot be written.
void write_caption_results(const std::string& path, const std::vector<CaptionResult>& results);

}  // namespace dlcore
