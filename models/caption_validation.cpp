#include "models/caption_validation.h"

#include <cmath>

#include "core/format.h"
#include "models/caption_statistics.h"

namespace dlcore {
namespace {

DataLoader::Options one_caption_each(DataLoader::Options options, std::int64_t images) {
  options.captions_per_image = 1;
  options.limit = images;
  return options;
}

// The number of each image used, in the order of the captions; -1: not used.
std::vector<std::int32_t> number_images(const CaptionSplit& split, std::int64_t images) {
  std::vector<std::int32_t> places(static_cast<std::size_t>(split.images.count()), -1);
  std::int32_t count = 0;
  for (const std::int32_t image : split.image_idxs) {
    if (count == images) break;
    std::int32_t& place = places[static_cast<std::size_t>(image)];
    if (place < 0) place = count++;
  }
  return places;
}

CaptionScorer make_scorer(const CaptionSplit& split, const Vocabulary& vocabulary,
                          std::span<const std::int32_t> places) {
  std::vector<std::vector<std::string>> references;
  for (std::int64_t row = 0; row < split.count(); ++row) {
    const std::int32_t place =
        places[static_cast<std::size_t>(split.image_idxs[static_cast<std::size_t>(row)])];
    if (place < 0) continue;
    if (static_cast<std::size_t>(place) >= references.size())
      references.resize(static_cast<std::size_t>(place) + 1);
    references[static_cast<std::size_t>(place)].push_back(vocabulary.decode(split.caption(row)));
  }
  return CaptionScorer(references);
}

}  // namespace

std::vector<std::string> validation_figures() {
  return {"loss", "bleu4", "rouge_l", "cider"};
}

double figure_of(const std::string& name, double loss, const CaptionReport* report) {
  if (name == "loss") return loss;
  require(report != nullptr, "validation by {} needs captions of images: set train.caption_images", name);
  if (name == "bleu4") return report->scores.bleu[3];
  if (name == "rouge_l") return report->scores.rouge_l;
  require(name == "cider", "there is no figure '{}' of a validation: there are {}", name,
          fmt::join(validation_figures(), ", "));
  return report->scores.cider;
}

CaptionValidation::CaptionValidation(const CaptionSplit& split, const Vocabulary& vocabulary,
                                     std::int64_t images, DataLoader::Options options, const Stream& stream)
    : split_(split),
      vocabulary_(vocabulary),
      loader_(split, vocabulary.null(), one_caption_each(options, images), stream),
      places_(number_images(split, images)),
      scorer_(make_scorer(split, vocabulary, places_)) {}

CaptionReport CaptionValidation::operator()(const Context& evaluation, EncoderDecoder& model) {
  std::vector<std::string> captions(static_cast<std::size_t>(loader_.captions()));
  loader_.start(1);
  while (const CaptionBatch* next = loader_.next()) {
    const CaptionBatch batch = model.encode(evaluation, *next);
    const auto words =
        model.decoder().sample(evaluation.stream, batch.features, {.max_length = split_.length - 1});
    for (std::size_t r = 0; r < words.size(); ++r)
      captions[static_cast<std::size_t>(places_[static_cast<std::size_t>(batch.images[r])])] =
          vocabulary_.decode(words[r]);
  }
  const ScoredCaptions scored = scorer_(captions);
  const CaptionStatistics statistics = caption_statistics(captions);
  return {scored.corpus, scored.cider_exchanged, statistics.captions, statistics.distinct};
}

}  // namespace dlcore
