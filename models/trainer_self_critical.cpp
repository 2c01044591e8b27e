// The trainer's self-critical epochs.
#include <chrono>
#include <cmath>
#include <limits>

#include "core/error.h"
#include "models/trainer.h"

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

}  // namespace

void Trainer::make_self_critical() {
  const SelfCriticalConfig& config = config_.self_critical;
  require(config_.train.best != "loss",
          "self_critical.epochs is {}, but the validation loss does not say how good captions are: set "
          "train.best to cider, and train.caption_images",
          config.epochs);
  DataLoader::Options options = train_.options();
  options.batch = config.batch;
  options.captions_per_image = 1;  // of which only the image is used
  options.captions_sampled = 0;
  options.group_captions = options.once = false;
  const CaptionSplit& split = data_.split("train");
  images_ = std::make_unique<DataLoader>(split, data_.vocabulary().null(), options, stream_);
  self_critical_ = std::make_unique<SelfCritical>(split, data_.vocabulary(), config);
}

void Trainer::reserve_self_critical() {
  const std::int64_t images = std::min(images_->batch_size(), images_->captions());
  const SelfCriticalConfig& config = config_.self_critical;
  const std::int64_t own = config.cross_entropy > 0 ? 1 : 0;
  model_.reserve(context(true), images * (config.samples + own), images_->caption_length(),
                 images_->feature_rows());
}

DrawnCaptions Trainer::learn_from_drawn(const CaptionBatch& batch, Tensor& loss) {
  Context training = context(true);
  const CaptionBatch encoded = model_.encode(training, batch);
  DrawnCaptions drawn = self_critical_->draw(training, captioner(), encoded);
  training.target_weights = drawn.target_weights;
  // Captions are drawn without dropout. With it a word that they have often may have next to no probability
  // here, and where it is to be made less likely nothing would ever stop that.
  training.dropout = false;
  loss = model_.forward(training, drawn.batch);
  const bool encoder_learns = progress_.epochs + 1 > config_.train.freeze_encoder_epochs;
  model_.backward(training, drawn.batch, encoder_learns);
  update(encoder_learns);
  return drawn;
}

std::optional<EpochMetrics> Trainer::self_critical_epoch(Session& session) {
  const Observer& observer = session.observer;
  const std::int64_t epoch = progress_.epochs + 1;
  EpochSums& sums = progress_.sums;
  const auto begin = std::chrono::steady_clock::now();
  const auto seconds = [begin, before = sums.seconds] {
    return before + std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  };
  const bool clips = config_.train.clip_norm > 0;
  images_->start(epoch, sums.batches);
  while (const CaptionBatch* batch = images_->next()) {
    before_step();
    Tensor loss;
    const DrawnCaptions drawn = learn_from_drawn(*batch, loss);
    ++sums.batches;
    const Trainer::Step step{.epoch = epoch,
                             .step = optimizer_->steps(),
                             .steps_per_epoch = images_->batches(),
                             .step_in_epoch = sums.batches,
                             .steps_in_all = steps_in_all(),
                             .loss = std::numeric_limits<double>::quiet_NaN(),
                             .reward = drawn.reward,
                             .gradient_norm = 0,
                             .tokens_per_second = 0,
                             .learning_rate = progress_.learning_rate};
    const auto received = [&, clips, step, learned = drawn.batch, drawn_loss = drawn.loss](double value,
                                                                                           double norm) {
      const auto captions = [&] {
        return captions_of_images(data_.split("train"), data_.vocabulary(), learned.images,
                                  words_of(learned));
      };
      if (!is_usable({epoch, step.step, value, norm}, captions, session)) return;
      const auto N = static_cast<double>(learned.count());
      sums.loss += N * drawn_loss;
      sums.reward += N * step.reward;
      sums.captions += learned.count();
      sums.tokens += learned.packing.tokens();
      if (!observer.step) return;
      Trainer::Step seen = step;
      seen.gradient_norm = clips ? norm : 0;
      seen.tokens_per_second = static_cast<double>(sums.tokens) / seconds();
      observer.step(seen);
    };
    session.results->queue(loss, norm_.norm(), received);
    if (after_step(session, seconds())) return std::nullopt;
  }
  session.results->finish();
  sums.seconds = seconds();
  EpochMetrics metrics = trained_epoch();
  metrics.reward = sums.reward / static_cast<double>(sums.captions);
  return metrics;
}

}  // namespace dlcore
