#include "models/caption_validation.h"

#include "core/format.h"
#include "models/caption_statistics.h"
#include "models/saved_state.h"

namespace dlcore {

void CaptionReport::state(SavedState& saved) {
  for (std::size_t n = 0; n < scores.bleu.size(); ++n)
    saved.value(fmt::format("bleu{}", n + 1), scores.bleu[n]);
  saved.value("rouge_l", scores.rouge_l);
  saved.value("cider", scores.cider);
  saved.value("cider_exchanged", cider_exchanged);
  saved.value("images", images);
  saved.value("distinct", distinct);
}

CaptionValidation::CaptionValidation(const CaptionSplit& split, const Vocabulary& vocabulary,
                                     std::int64_t images, DataLoader::Options options, const Stream& stream)
    : split_(split),
      vocabulary_(vocabulary),
      images_(split, vocabulary, images),
      loader_(split, vocabulary.null(), images_.loading(options), stream),
      scorer_(images_.references) {}

CaptionReport CaptionValidation::operator()(const Context& evaluation, EncoderDecoder& model) {
  std::vector<std::string> captions(static_cast<std::size_t>(loader_.captions()));
  loader_.start(1);
  while (const CaptionBatch* next = loader_.next()) {
    const CaptionBatch batch = model.encode(evaluation, *next);
    const auto words =
        model.decoder().sample(evaluation.stream, batch.features, {.max_length = split_.length - 1});
    for (std::size_t r = 0; r < words.size(); ++r)
      captions[images_.place(batch.images[r])] = vocabulary_.decode(words[r]);
  }
  const ScoredCaptions scored = scorer_(captions);
  const CaptionStatistics statistics = caption_statistics(captions);
  return {scored.corpus, scored.cider_exchanged, statistics.captions, statistics.distinct};
}

}  // namespace dlcore
