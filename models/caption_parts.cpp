#include "models/caption_parts.h"

#include <algorithm>

#include "core/error.h"
#include "core/profile.h"
#include "models/scheduled_sampling.h"

namespace dlcore {
namespace {

// The words of the sequences of a packed batch, <END> too.
std::vector<std::vector<std::int32_t>> words_of(const CaptionBatch& batch) {
  std::vector<std::vector<std::int32_t>> words(static_cast<std::size_t>(batch.count()));
  const std::vector<std::int32_t> targets = batch.targets.to_vector<std::int32_t>();
  std::size_t at = 0;
  for (const std::int64_t size : batch.packing.sizes())
    for (std::int64_t r = 0; r < size; ++r) words[static_cast<std::size_t>(r)].push_back(targets[at++]);
  return words;
}

DataLoader::Options image_options(DataLoader::Options options, const Config& config) {
  require(config.train.best != "loss",
          "self_critical.epochs is {}, but the validation loss does not say how good captions are: set "
          "train.best to cider, and train.caption_images",
          config.self_critical.epochs);
  options.batch = config.self_critical.batch;
  options.captions_per_image = 1;  // of which only the image is used
  options.captions_sampled = 0;
  options.group_captions = options.once = false;
  return options;
}

}  // namespace

void CrossEntropyPart::reserve(const Context& training) {
  model_.reserve(training, std::min(batch_size(), examples()), loader_.caption_length(),
                 loader_.feature_rows());
}

std::optional<Learned> CrossEntropyPart::learn(Context training, const How& how) {
  const CaptionBatch* batch = in_phase("data", [&] { return loader_.next(); });
  if (batch == nullptr) return std::nullopt;
  const ScheduledSamplingConfig& sampling = config_.scheduled_sampling;
  const CaptionBatch encoded = in_phase("encode", [&] {
    CaptionBatch as_it_is = model_.encode(training, *batch);
    if (sampling.most == 0) return as_it_is;
    return mix_own_words(training, model_.decoder(), as_it_is, sampling_probability(sampling, how.progress));
  });
  const Tensor loss = in_phase("forward", [&] { return model_.forward(training, encoded); });
  in_phase("backward", [&] { model_.backward(training, encoded, how.all_modules); });
  return Learned{.loss = loss,
                 .examples = batch->count(),
                 .items = batch->packing.tokens(),
                 .described = [this, rows = batch->rows] {
                   return captions_at(data_.split("train"), data_.vocabulary(), rows);
                 }};
}

SelfCriticalPart::SelfCriticalPart(const Config& config, const CaptionData& data, DataLoader::Options like,
                                   EncoderDecoder& model, const Stream& stream)
    : config_(config),
      data_(data),
      model_(model),
      images_(data.split("train"), data.vocabulary().null(), image_options(like, config), stream),
      self_critical_(data.split("train"), data.vocabulary(), config.self_critical) {}

void SelfCriticalPart::reserve(const Context& training) {
  const std::int64_t images = std::min(batch_size(), examples());
  const std::int64_t own = config_.self_critical.cross_entropy > 0 ? 1 : 0;
  model_.reserve(training, images * (config_.self_critical.samples + own), images_.caption_length(),
                 images_.feature_rows());
}

std::optional<Learned> SelfCriticalPart::learn(Context training, const How& how) {
  const CaptionBatch* batch = in_phase("data", [&] { return images_.next(); });
  if (batch == nullptr) return std::nullopt;
  const CaptionBatch encoded = in_phase("encode", [&] { return model_.encode(training, *batch); });
  const DrawnCaptions drawn =
      in_phase("draw", [&] { return self_critical_.draw(training, model_.decoder(), encoded); });
  training.target_weights = drawn.target_weights;
  // Captions are drawn without dropout. With it a word that they have often may have next to no probability
  // here, and where it is to be made less likely nothing would ever stop that.
  training.dropout = false;
  const Tensor loss = in_phase("forward", [&] { return model_.forward(training, drawn.batch); });
  in_phase("backward", [&] { model_.backward(training, drawn.batch, how.all_modules); });
  return Learned{.loss = loss,
                 .examples = drawn.batch.count(),
                 .items = drawn.batch.packing.tokens(),
                 .reward = drawn.reward,
                 .mean_loss = drawn.loss,
                 .described = [this, learned = drawn.batch] {
                   return captions_of_images(data_.split("train"), data_.vocabulary(), learned.images,
                                             words_of(learned));
                 }};
}

}  // namespace dlcore
