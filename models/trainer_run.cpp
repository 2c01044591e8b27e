// How the trainer goes over its epochs.
#include <chrono>
#include <cmath>
#include <filesystem>
#include <limits>

#include "core/error.h"
#include "models/model_file.h"
#include "models/trainer.h"

namespace dlcore {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

}  // namespace

std::optional<EpochMetrics> Trainer::train_epoch(Session& session) {
  const Observer& observer = session.observer;
  const std::int64_t epoch = progress_.epochs + 1;
  const bool clips = config_.train.clip_norm > 0;
  const bool encoder_learns = epoch > config_.train.freeze_encoder_epochs;
  EpochSums& sums = progress_.sums;
  EpochSums of_step;
  double step_loss = 0;
  std::vector<std::int64_t> rows;  // of the captions of a step
  const auto begin = Clock::now();
  const auto seconds = [begin, before = sums.seconds] { return before + seconds_since(begin); };
  train_.start(epoch, sums.batches);
  while (const CaptionBatch* batch = train_.next()) {
    const Part part = part_of_step(sums.batches);
    if (part.number == 0) before_step();
    rows.insert(rows.end(), batch->rows.begin(), batch->rows.end());
    const Tensor loss = train_on(*batch, part, encoder_learns);
    ++sums.batches;
    auto received = [&, part, N = batch->count(), words = batch->packing.tokens(), step = optimizer_->steps(),
                     rate = progress_.learning_rate,
                     step_rows = part.is_last ? std::move(rows) : std::vector<std::int64_t>()](double value,
                                                                                               double norm) {
      of_step.loss += value * static_cast<double>(N);
      of_step.captions += N;
      of_step.tokens += words;
      step_loss += value * part.weight;
      if (!part.is_last) return;
      const auto captions = [&] { return captions_at(data_.split("train"), data_.vocabulary(), step_rows); };
      ++sums.steps;
      if (is_usable({epoch, step, step_loss, norm}, captions, session)) {
        sums.loss += of_step.loss;
        sums.captions += of_step.captions;
        sums.tokens += of_step.tokens;
        if (observer.step)
          observer.step({epoch, step, steps_per_epoch(), sums.steps, steps_in_all(), step_loss,
                         std::numeric_limits<double>::quiet_NaN(), clips ? norm : 0,
                         static_cast<double>(sums.tokens) / seconds(), rate});
      }
      of_step = {};
      step_loss = 0;
    };
    session.results->queue(loss, part.is_last ? norm_.norm() : Tensor(), std::move(received));
    if (!part.is_last) continue;
    rows.clear();
    if (after_step(session, seconds())) return std::nullopt;
  }
  session.results->finish();
  sums.seconds = seconds();
  EpochMetrics metrics = trained_epoch();
  if (self_critical_ != nullptr) metrics.reward = std::numeric_limits<double>::quiet_NaN();
  return metrics;
}

EpochMetrics Trainer::trained_epoch() const {
  const EpochSums& sums = progress_.sums;
  EpochMetrics metrics{.epoch = progress_.epochs + 1, .step = optimizer_->steps(), .seconds = sums.seconds};
  metrics.train_loss = sums.loss / static_cast<double>(sums.captions);
  metrics.tokens_per_second = static_cast<double>(sums.tokens) / metrics.seconds;
  metrics.learning_rate = progress_.learning_rate;
  return metrics;
}

RunReport::Facts Trainer::facts() {
  const auto describe = [](const CaptionSplit& split) {
    return fmt::format("{} captions of {} images", split.count(), split.images.count());
  };
  RunReport::Facts facts{{"device", to_string(device_)}, {"precision", config_.train.precision}};
  if (encoder() != nullptr)
    facts.emplace_back("encoder", fmt::format("{}, {} parameters", encoder()->config().name,
                                              encoder()->parameters().trainable_count()));
  facts.emplace_back("decoder", fmt::format("{}, {} parameters", captioner().config().cell,
                                            captioner().parameters().trainable_count()));
  facts.emplace_back("features", to_string(captioner().config().feature_shape));
  facts.emplace_back("vocabulary", fmt::format("{} words", data_.vocabulary().size()));
  facts.emplace_back("training data", describe(data_.split("train")));
  facts.emplace_back("validation data", describe(data_.split(config_.data.validate_on)));
  return facts;
}

void Trainer::begin_part() {
  if (progress_.self_critical) {
    schedule_ = Schedule(config_.schedule, images_->batches(), config_.self_critical.epochs);
    reserve_self_critical();
  } else {
    schedule_ = Schedule(config_.schedule, steps_per_epoch(), config_.train.epochs);
    reserve();
  }
}

// Where the part of the training is over the next one begins, or the run has ended.
std::optional<Trainer::End> Trainer::end_of_part() {
  const std::int64_t wanted = progress_.self_critical ? config_.self_critical.epochs : config_.train.epochs;
  const bool out_of_patience =
      config_.train.patience > 0 && progress_.epochs_since_best >= config_.train.patience;
  if (progress_.epochs_of_part < wanted && !out_of_patience) return std::nullopt;
  if (progress_.self_critical || self_critical_ == nullptr)
    return out_of_patience ? End::patience : End::finished;
  progress_.self_critical = true;
  progress_.epochs_of_part = progress_.epochs_since_best = 0;
  progress_.scheduled = optimizer_->steps();
  begin_part();
  return std::nullopt;
}

std::optional<Trainer::End> Trainer::next_epoch(Session& session) {
  if (const auto end = end_of_part()) return end;
  Readback results(stream_, config_.train.not_finite == "skip");
  session.results = &results;
  std::optional<EpochMetrics> metrics =
      progress_.self_critical ? self_critical_epoch(session) : train_epoch(session);
  if (!metrics) return End::stopped;
  const bool higher_is_better = config_.train.best != "loss";
  for (auto& average : averages_) average.apply(stream_);
  const std::optional<Validation> validation = validate_unless(session.observer.stop);
  bool is_best = false;
  double figure = 0;
  if (validation) {
    metrics->val_loss = validation->loss;
    metrics->val_loss_shuffled = validation->loss_shuffled;
    metrics->captions = validation->captions;
    if (!std::isfinite(validation->loss))
      throw NotFinite(fmt::format("the validation loss of epoch {} is {}", metrics->epoch,
                                  std::isnan(validation->loss) ? "not a number" : "infinite"));
    figure = figure_of(config_.train.best, validation->loss,
                       validation->captions ? &*validation->captions : nullptr);
    is_best = progress_.best_epoch == 0 ||
              (higher_is_better ? figure > progress_.best_figure : figure < progress_.best_figure);
    if (is_best)
      save_model(session.directory.model_path(), captioner(), encoder(), data_.vocabulary(),
                 data_.features_description());
  }
  for (auto& average : averages_) average.restore(stream_);
  if (!validation) {
    save(session);  // the epoch's steps are done; all of it will be validated
    return End::stopped;
  }
  if (is_best) {
    progress_.best_figure = figure;
    progress_.best_epoch = metrics->epoch;
  }
  progress_.epochs_since_best = is_best ? 0 : progress_.epochs_since_best + 1;
  progress_.epochs = metrics->epoch;
  ++progress_.epochs_of_part;
  progress_.sums = {};
  schedule_.validated(figure, higher_is_better);
  session.directory.append(*metrics);
  session.report.validated(*metrics, is_best, validation->gallery);
  if (session.observer.epoch) session.observer.epoch(*metrics, is_best);
  times_gone_back_ = 0;
  save(session);
  if (const auto end = end_of_part()) return end;
  return session.stop() ? std::optional(End::stopped) : std::nullopt;
}

// The best model is a file of its own, which somebody may have removed.
void Trainer::notice_lost_model(Session& session) {
  const std::string path = session.directory.model_path();
  if (progress_.best_epoch == 0 || std::filesystem::exists(path)) return;
  if (session.observer.warning)
    session.observer.warning(fmt::format(
        "{}, the model of epoch {}, is not there any more: the best of the epochs that come is kept", path,
        progress_.best_epoch));
  progress_.best_epoch = 0;
}

Trainer::End Trainer::run(RunDirectory& directory, const Observer& observer, const Checkpoint* from) {
  data_identity_ = std::async(std::launch::async, [this] { return data_identity(config_); }).share();
  RunReport report(directory.path(), config_, facts());
  Observer with_report = observer;
  with_report.step = [&](const Step& step) {
    report.step(step);
    if (observer.step) observer.step(step);
  };
  Session session{directory, report, with_report};
  begin_part();
  if (from != nullptr) {
    restore(*from, session);
    notice_lost_model(session);
  } else if (config_.train.not_finite == "rollback") {
    save(session);  // there is always one to go back to
  }
  for (;;) {
    try {
      if (const auto end = next_epoch(session)) return *end;
    } catch (const NotFinite& failure) {
      go_back(failure, session);
    }
  }
}

}  // namespace dlcore
