// The page of dlcore_caption --html: photos with their captions, as the report of a training run shows them.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "io/caption_annotations.h"
#include "io/html/gallery.h"
#include "io/image_set.h"
#include "io/vocabulary.h"
#include "models/captioner.h"

namespace dlcore {

/// The two ways in which the page's captions are decoded, with names for people: greedily, and in the way
/// that was asked for; where greedily is what was asked for, also with a beam of 3. Both with
/// log-probabilities.
struct PageDecoding {
  DecodeOptions greedy, other;
  std::string greedy_name, other_name;
  bool asked_is_greedy;

  PageDecoding(const DecodeOptions& asked, std::int64_t neighbors);
};

class CaptionPage {
 public:
  /// References of an image: as people wrote them, and as words joined by spaces.
  struct References {
    std::vector<std::string> texts, words;
  };

  explicit CaptionPage(const Vocabulary& vocabulary) : vocabulary_(vocabulary) {}

  /// Whether a photo of the image is wanted that comes after the next `waiting` ones.
  bool takes_photo(std::size_t waiting = 0) const {
    return gallery_.images.size() + waiting < static_cast<std::size_t>(gallery_photos_at_most);
  }
  /// An image with its captions, made as `decoding` says.
  void add(const std::string& name, std::optional<Thumbnail> photo, References references,
           const PageDecoding& decoding, std::span<const Caption> greedy, std::span<const Caption> other);
  /// Writes the page whole or not at all; images with references have scores then.
  void write(const std::string& path, const std::string& subtitle);

 private:
  const Vocabulary& vocabulary_;
  Gallery gallery_;
  std::vector<std::vector<std::string>> references_;  // words
};

/// Captions of the images with these ids, from an annotation file.
std::map<std::int64_t, CaptionPage::References> references_by_id(const std::string& annotations);
/// Of each row of a data file's split its captions in the file's words; empty for a file without captions.
std::vector<CaptionPage::References> references_by_row(const std::string& data, const std::string& split);

}  // namespace dlcore
