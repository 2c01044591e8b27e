#include "models/self_critical.h"

#include <numeric>

#include "core/error.h"
#include "core/random.h"
#include "kernels/embedding.h"

namespace dlcore {
namespace {

// Set the numbers that draw captions, and that choose among the data's, apart from those of dropout.
constexpr std::uint64_t drawing_seed = 0x5e1fc417, choosing_seed = 0x5e1fc418;

std::uint64_t key_of(const Context& context, std::int32_t image) {
  return (context.step << 32) ^ static_cast<std::uint64_t>(image);
}

// Captions with their <START> as a packed batch on the features' device, without features. pictures: which of
// `features` each caption describes.
CaptionBatch pack(const std::vector<std::vector<std::int32_t>>& captions,
                  const std::vector<std::int32_t>& pictures, std::int32_t null_index,
                  const Tensor& features) {
  const std::vector<std::span<const std::int32_t>> views(captions.begin(), captions.end());
  const PackedOrder packed = pack_captions(views, null_index);
  const std::int64_t N = packed.packing.batch(), D = features.size(1);
  CaptionBatch batch;
  batch.packing = packed.packing;
  batch.rows = packed.order;
  for (Tensor* tensor : {&batch.inputs, &batch.targets, &batch.words, &batch.word_rows})
    *tensor = Tensor({packed.packing.tokens()}, DType::int32);
  const std::int64_t distinct =
      write_packed_words(packed, views,
                         {batch.inputs.data<std::int32_t>(), batch.targets.data<std::int32_t>(),
                          batch.words.data<std::int32_t>(), batch.word_rows.data<std::int32_t>()});
  batch.words = batch.words.rows(0, distinct);
  std::vector<std::int32_t> rows;
  for (const std::int64_t place : packed.order) rows.push_back(pictures[static_cast<std::size_t>(place)]);
  batch.picture_rows = Tensor::from(rows, {N});
  batch.features = Tensor({N, D}, features.dtype(), features.device());
  return batch.to(features.device());
}

}  // namespace

std::vector<double> advantages(std::span<const double> rewards, std::int64_t samples) {
  require(samples >= 2 && static_cast<std::int64_t>(rewards.size()) % samples == 0,
          "self-critical training compares at least 2 captions of each image, not {} of {} in all", samples,
          rewards.size());
  const auto k = static_cast<std::size_t>(samples);
  std::vector<double> result;
  for (std::size_t i = 0; i < rewards.size(); i += k) {
    const auto own = rewards.subspan(i, k);
    const double sum = std::accumulate(own.begin(), own.end(), 0.0);
    for (const double reward : own)
      result.push_back(reward - (sum - reward) / static_cast<double>(samples - 1));
  }
  return result;
}

SelfCritical::SelfCritical(const CaptionSplit& split, const Vocabulary& vocabulary,
                           const SelfCriticalConfig& config)
    : split_(split),
      cross_entropy_(config.cross_entropy),
      null_index_(vocabulary.null()),
      start_index_(vocabulary.start()),
      end_index_(vocabulary.end()),
      options_{.max_length = split.length - 1, .n_best = config.samples, .sample = true},
      rewards_(split, vocabulary, config.bleu4) {
  if (cross_entropy_ == 0) return;
  own_rows_.resize(static_cast<std::size_t>(split.images.count()));
  for (std::int64_t row = 0; row < split.count(); ++row)
    own_rows_[static_cast<std::size_t>(split.image_idxs[static_cast<std::size_t>(row)])].push_back(row);
}

std::vector<std::int32_t> SelfCritical::own_caption(const Context& context, std::int32_t image) const {
  const auto& rows = own_rows_[static_cast<std::size_t>(image)];
  Random random(context.seed ^ choosing_seed, key_of(context, image));
  const std::int64_t row =
      rows[static_cast<std::size_t>(random.below(static_cast<std::int64_t>(rows.size())))];
  const auto words = split_.caption(row);
  return {words.begin(), words.end()};
}

DrawnCaptions SelfCritical::draw(const Context& context, const CaptioningRNN& captioner,
                                 const CaptionBatch& encoded) {
  const std::int64_t samples = options_.n_best, U = encoded.features.size(0);
  options_.seed = context.seed ^ drawing_seed;
  std::vector<std::uint64_t> keys;
  for (const std::int32_t image : encoded.images) keys.push_back(key_of(context, image));
  DrawnCaptions drawn;
  std::vector<std::vector<std::int32_t>> captions;
  std::vector<std::int32_t> images;
  for (auto& of_image : captioner.decode(context.stream, encoded.features, options_, keys))
    for (auto& caption : of_image) {
      drawn.loss -= caption.score;
      const bool ended = caption.log_probabilities.size() > caption.words.size();
      if (ended) caption.words.push_back(end_index_);
      images.push_back(encoded.images[captions.size() / static_cast<std::size_t>(samples)]);
      captions.push_back(std::move(caption.words));
    }
  const auto count = static_cast<double>(captions.size());
  drawn.loss /= count;
  const std::vector<double> rewards = rewards_(images, captions);
  drawn.reward = std::accumulate(rewards.begin(), rewards.end(), 0.0) / count;
  std::vector<double> worth = advantages(rewards, samples);

  for (auto& caption : captions) caption.insert(caption.begin(), start_index_);
  std::vector<std::int32_t> pictures;
  for (std::size_t i = 0; i < captions.size(); ++i)
    pictures.push_back(static_cast<std::int32_t>(i / static_cast<std::size_t>(samples)));
  if (cross_entropy_ > 0) {
    // The batch's gradient is the mean over all its captions, that of each kind over those of its kind.
    for (double& each : worth) each *= (count + static_cast<double>(U)) / count;
    for (std::size_t u = 0; u < encoded.images.size(); ++u) {
      images.push_back(encoded.images[u]);
      captions.push_back(own_caption(context, encoded.images[u]));
      pictures.push_back(static_cast<std::int32_t>(u));
      worth.push_back(cross_entropy_ * (count + static_cast<double>(U)) / static_cast<double>(U));
    }
  }
  drawn.batch = pack(captions, pictures, null_index_, encoded.features);
  const CaptionBatch& batch = drawn.batch;
  for (const std::int64_t place : batch.rows)
    drawn.batch.images.push_back(images[static_cast<std::size_t>(place)]);
  kernels::gather_rows(context.stream, encoded.features, batch.picture_rows, batch.features, batch.count(), U,
                       encoded.features.size(1));
  std::vector<double> weights;
  for (const std::int64_t size : batch.packing.sizes())
    for (std::int64_t r = 0; r < size; ++r)
      weights.push_back(worth[static_cast<std::size_t>(batch.rows[static_cast<std::size_t>(r)])]);
  drawn.target_weights = Tensor::from(weights, {batch.packing.tokens()})
                             .to(arithmetic_of(captioner.dtype()))
                             .to(encoded.features.device());
  return drawn;
}

}  // namespace dlcore
