// Pictures with captions, as the pages show them (gallery.js).
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "io/caption_results.h"
#include "io/html/thumbnail.h"

namespace dlcore {

struct GalleryCaption {
  std::string how;        // "greedy", "beam 3"
  ScoredCaption caption;  // with words and their log-probabilities
};

struct GalleryImage {
  std::string name;
  std::optional<Thumbnail> photo = {};
  std::vector<std::string> references = {};
  std::optional<double> score = {};  // of the first caption
  std::vector<GalleryCaption> captions = {};
};

struct Gallery {
  std::string score_name;  // "CIDEr-D"; empty where there are no scores
  std::vector<GalleryImage> images;
};

/// Photos that a page has at most, so that it stays below some three megabytes.
inline constexpr std::int64_t gallery_photos_at_most = 200;

/// What gallery.js calls a gallery: the images with the lowest scores first, of equal or no scores those
/// whose first caption the model finds least probable, word by word.
nlohmann::json gallery_json(const Gallery& gallery);

/// Of each image its name, captions and references, in the same order, for readers without JavaScript.
std::string gallery_without_script(const Gallery& gallery);

/// A page that shows a gallery. Any texts; `subtitle` may be empty. photos_left_out: how many of the images,
/// from the end, have no photo because there are too many.
std::string gallery_page(const std::string& title, const std::string& subtitle, const Gallery& gallery,
                         std::size_t photos_left_out = 0);

}  // namespace dlcore
