#include "models/caption_gallery.h"

#include <fmt/format.h>

#include "models/caption_scores.h"
#include "models/spelled_caption.h"

namespace dlcore {

CaptionGallery::CaptionGallery(const CaptionSplit& split, const Vocabulary& vocabulary, const Wanted& wanted,
                               DataLoader::Options options, const Stream& stream)
    : vocabulary_(vocabulary),
      beam_(wanted.beam),
      max_length_(split.length - 1),
      images_(split, vocabulary, wanted.images),
      loader_(split, vocabulary.null(), images_.loading(options), stream) {
  const PhotoSource photo_of(split.images, wanted.photos);
  for (std::size_t i = 0; i < images_.rows.size(); ++i) {
    GalleryImage image{photo_of.name(images_.rows[i]), {}, images_.references[i], {}, {}};
    if (const auto photo = photo_of(images_.rows[i])) image.photo = make_thumbnail(*photo);
    frame_.images.push_back(std::move(image));
  }
}

Gallery CaptionGallery::operator()(const Context& evaluation, EncoderDecoder& model) {
  Gallery gallery = frame_;
  DecodeOptions greedy{.max_length = max_length_, .log_probabilities = true};
  DecodeOptions by_beam = greedy;
  by_beam.beam = std::min<std::int64_t>(beam_, vocabulary_.size());
  loader_.start(1);
  while (const CaptionBatch* next = loader_.next()) {
    const CaptionBatch batch = model.encode(evaluation, *next);
    const auto add = [&](const std::string& how, const DecodeOptions& options) {
      const auto captions = model.decoder().decode(evaluation.stream, batch.features, options);
      for (std::size_t r = 0; r < captions.size(); ++r)
        gallery.images[images_.place(batch.images[r])].captions.push_back(
            {how, spell(captions[r].at(0), vocabulary_)});
    };
    add("greedy", greedy);
    if (by_beam.beam > 1) add(fmt::format("beam {}", by_beam.beam), by_beam);
  }
  score_gallery(gallery, images_.references);
  return gallery;
}

void score_gallery(Gallery& gallery, const std::vector<std::vector<std::string>>& references) {
  std::vector<std::size_t> images;
  std::vector<std::vector<std::string>> scored_references;
  std::vector<std::string> captions;
  for (std::size_t i = 0; i < gallery.images.size(); ++i) {
    if (references[i].empty()) continue;
    images.push_back(i);
    scored_references.push_back(references[i]);
    captions.push_back(gallery.images[i].captions.at(0).caption.caption);
  }
  if (images.size() < 2) return;  // of a single image CIDEr is 0
  gallery.score_name = "CIDEr-D";
  const ScoredCaptions scored = CaptionScorer(scored_references)(captions);
  for (std::size_t k = 0; k < images.size(); ++k) gallery.images[images[k]].score = scored.images[k].cider;
}

}  // namespace dlcore
