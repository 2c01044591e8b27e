// The trainer's self-critical epochs.
#include <chrono>
#include <cmath>
#include <limits>

#include "core/error.h"
#include "models/trainer.h"

namespace dlcore {

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

void Trainer::begin_self_critical() {
  const SelfCriticalConfig& config = config_.self_critical;
  rate_ = config.rate;
  scheduled_ = optimizer_->steps();
  schedule_ = Schedule(config_.schedule, images_->batches(), config.epochs);
  const std::int64_t images = std::min(images_->batch_size(), images_->captions());
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
  const bool encoder_learns = epoch_ > config_.train.freeze_encoder_epochs;
  model_.backward(training, drawn.batch, encoder_learns);
  update(encoder_learns);
  return drawn;
}

EpochMetrics Trainer::self_critical_epoch(std::int64_t epoch, Readback& results, const Observer& observer) {
  const auto begin = std::chrono::steady_clock::now();
  const auto seconds = [begin] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  };
  const bool clips = config_.train.clip_norm > 0;
  double loss_sum = 0, reward_sum = 0;
  std::int64_t captions = 0, tokens = 0, step_in_epoch = 0;
  images_->start(epoch);
  while (const CaptionBatch* batch = images_->next()) {
    Tensor loss;
    const DrawnCaptions drawn = learn_from_drawn(*batch, loss);
    const auto N = static_cast<double>(drawn.batch.count());
    loss_sum += N * drawn.loss;
    reward_sum += N * drawn.reward;
    captions += drawn.batch.count();
    tokens += drawn.batch.packing.tokens();
    ++step_in_epoch;
    const Trainer::Step step{.epoch = epoch,
                             .step = optimizer_->steps(),
                             .steps_per_epoch = images_->batches(),
                             .step_in_epoch = step_in_epoch,
                             .steps_in_all = steps_in_all(),
                             .loss = std::numeric_limits<double>::quiet_NaN(),
                             .reward = drawn.reward,
                             .gradient_norm = 0,
                             .tokens_per_second = static_cast<double>(tokens) / seconds(),
                             .learning_rate = learning_rate_};
    results.queue(loss, clips ? norm_.norm() : Tensor(), [&observer, clips, step](double value, double norm) {
      require(std::isfinite(value),
              "training stopped: the loss of step {} (epoch {}) is not finite; a lower "
              "self_critical.rate or train.clip_norm may help",
              step.step, step.epoch);
      if (!observer.step) return;
      Trainer::Step seen = step;
      seen.gradient_norm = clips ? norm : 0;
      observer.step(seen);
    });
  }
  results.finish();
  EpochMetrics metrics{.epoch = epoch, .step = optimizer_->steps(), .seconds = seconds()};
  metrics.train_loss = loss_sum / static_cast<double>(captions);
  metrics.tokens_per_second = static_cast<double>(tokens) / metrics.seconds;
  metrics.learning_rate = learning_rate_;
  metrics.reward = reward_sum / static_cast<double>(captions);
  return metrics;
}

}  // namespace dlcore
