#include "tools/caption_page.h"

#include <fmt/format.h>

#include <algorithm>

#include "io/atomic_file.h"
#include "io/caption_data.h"
#include "io/caption_tokens.h"
#include "io/hdf5.h"
#include "models/caption_gallery.h"
#include "models/spelled_caption.h"

namespace dlcore {

PageDecoding::PageDecoding(const DecodeOptions& asked, std::int64_t neighbors)
    : greedy(asked), other(asked), greedy_name("greedy"), asked_is_greedy(asked.beam == 1 && !asked.sample) {
  constexpr std::int64_t beam_unasked = 3;
  greedy.log_probabilities = other.log_probabilities = true;
  if (asked_is_greedy) {
    other.beam = beam_unasked;
  } else {
    greedy.beam = greedy.groups = greedy.n_best = 1;
    greedy.length_penalty = greedy.diversity = 0;
    greedy.sample = false;
  }
  other_name = other.sample ? "sample" : fmt::format("beam {}", other.beam);
  if (neighbors > 0) other_name += fmt::format(", {} neighbors", neighbors);
}

void CaptionPage::add(const std::string& name, std::optional<Thumbnail> photo, References references,
                      const PageDecoding& decoding, std::span<const Caption> greedy,
                      std::span<const Caption> other) {
  GalleryImage image{.name = name, .photo = std::move(photo), .references = std::move(references.texts)};
  image.captions.push_back({decoding.greedy_name, spell(greedy[0], vocabulary_)});
  for (std::size_t k = 0; k < other.size(); ++k)
    image.captions.push_back(
        {other.size() > 1 ? fmt::format("{}, no. {}", decoding.other_name, k + 1) : decoding.other_name,
         spell(other[k], vocabulary_)});
  gallery_.images.push_back(std::move(image));
  references_.push_back(std::move(references.words));
}

void CaptionPage::write(const std::string& path, const std::string& subtitle) {
  score_gallery(gallery_, references_);
  const bool photos = std::any_of(gallery_.images.begin(), gallery_.images.end(),
                                  [](const GalleryImage& image) { return image.photo.has_value(); });
  const auto most = static_cast<std::size_t>(gallery_photos_at_most);
  const std::size_t left_out = photos && gallery_.images.size() > most ? gallery_.images.size() - most : 0;
  write_file_atomically(path, gallery_page("Captions", subtitle, gallery_, left_out));
}

std::map<std::int64_t, CaptionPage::References> references_by_id(const std::string& annotations) {
  const CaptionAnnotations read = read_caption_annotations(annotations);
  const CaptionTokenizer tokenize;
  std::map<std::int64_t, CaptionPage::References> references;
  for (const auto& caption : read.captions) {
    auto& of_image = references[read.images[static_cast<std::size_t>(caption.image)].id];
    of_image.texts.push_back(caption.text);
    of_image.words.push_back(tokenize(caption.text));
  }
  return references;
}

std::vector<CaptionPage::References> references_by_row(const std::string& data, const std::string& split) {
  if (!Hdf5File::open(data).text_attribute("format")) return {};
  const CaptionData file = CaptionData::open_file(data, {split});
  const CaptionSplit& captions = file.split(split);
  std::vector<CaptionPage::References> references(static_cast<std::size_t>(captions.images.count()));
  for (std::int64_t row = 0; row < captions.count(); ++row) {
    auto& of_image = references[static_cast<std::size_t>(captions.image_idxs[static_cast<std::size_t>(row)])];
    of_image.texts.push_back(file.vocabulary().decode(captions.caption(row)));
    of_image.words.push_back(of_image.texts.back());
  }
  return references;
}

}  // namespace dlcore
