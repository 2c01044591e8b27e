// How the trainer goes over its epochs.
#include <cmath>
#include <filesystem>
#include <limits>

#include "core/error.h"
#include "core/heap.h"
#include "core/stopwatch.h"
#include "models/trainer.h"

namespace dlcore {

// Of the optimiser's step in progress: its batches as they arrive.
struct Trainer::BatchesOfStep {
  std::vector<std::function<BadStep::Examples()>> described;
  EpochSums sums;
  double loss = 0;

  BadStep::Examples examples() const {
    BadStep::Examples all;
    for (const auto& describe : described) {
      BadStep::Examples some = describe();
      all.name = some.name;
      for (auto& one : some.fields) all.fields.push_back(std::move(one));
    }
    return all;
  }
};

Readback::Receiver Trainer::receiver(Session& session, const Learned& learned, const Place& place,
                                     std::shared_ptr<BatchesOfStep> step, std::function<double()> seconds) {
  return [this, &session, learned, place, step = std::move(step), seconds = std::move(seconds),
          number = steps(), rate = progress_.learning_rate](double loss, double norm) {
    const bool drawn = !std::isnan(learned.reward);
    const auto N = static_cast<double>(learned.examples);
    step->described.push_back(learned.described);
    step->sums.loss += N * (drawn ? learned.mean_loss : loss);
    step->sums.reward += N * learned.reward;
    step->sums.examples += learned.examples;
    step->sums.items += learned.items;
    step->loss += loss * place.weight;
    if (!place.is_last) return;
    EpochSums& sums = progress_.sums;
    const std::int64_t epoch = progress_.epochs + 1;
    ++sums.steps;
    if (!is_usable(
            {epoch, number, step->loss, norm}, [&] { return step->examples(); }, session))
      return;
    sums.loss += step->sums.loss;
    sums.reward += step->sums.reward;
    sums.examples += step->sums.examples;
    sums.items += step->sums.items;
    if (!session.observer.step) return;
    session.observer.step({.epoch = epoch,
                           .step = number,
                           .steps_per_epoch = part().steps(),
                           .step_in_epoch = sums.steps,
                           .steps_in_all = steps_in_all(),
                           .loss = drawn ? std::numeric_limits<double>::quiet_NaN() : step->loss,
                           .reward = learned.reward,
                           .gradient_norm = config_.train.clip_norm > 0 ? norm : 0,
                           .items_per_second = static_cast<double>(sums.items) / seconds(),
                           .learning_rate = rate});
  };
}

std::optional<EpochMetrics> Trainer::train_epoch(Session& session) {
  EpochSums& sums = progress_.sums;
  const auto seconds = [watch = Stopwatch(), before = sums.seconds] { return before + watch.seconds(); };
  auto step = std::make_shared<BatchesOfStep>();
  part().start(progress_.epochs + 1, sums.batches);
  while (sums.batches < part().batches()) {
    const Place place = place_in_step(sums.batches);
    if (place.number == 0) before_step();
    const std::optional<Learned> learned = learn(place);
    require(learned.has_value(), "the data of epoch {} ended after {} of {} batches", progress_.epochs + 1,
            sums.batches, part().batches());
    ++sums.batches;
    session.results->queue(learned->loss, place.is_last ? norm_.norm() : Tensor(),
                           receiver(session, *learned, place, step, seconds));
    if (!place.is_last) continue;
    step = std::make_shared<BatchesOfStep>();
    if (after_step(session, seconds())) return std::nullopt;
  }
  session.results->finish();
  sums.seconds = seconds();
  return trained_epoch();
}

EpochMetrics Trainer::trained_epoch() const {
  const EpochSums& sums = progress_.sums;
  EpochMetrics metrics{.epoch = progress_.epochs + 1, .step = steps(), .seconds = sums.seconds};
  metrics.train_loss = sums.loss / static_cast<double>(sums.examples);
  metrics.items = task_.items();
  metrics.items_per_second = static_cast<double>(sums.items) / metrics.seconds;
  metrics.learning_rate = progress_.learning_rate;
  if (parts_.size() > 1) metrics.reward = sums.reward / static_cast<double>(sums.examples);
  return metrics;
}

TrainingTask::Facts Trainer::facts() {
  TrainingTask::Facts facts{{"device", to_string(stream_.device())}, {"precision", config_.train.precision}};
  for (auto& fact : task_.facts()) facts.push_back(std::move(fact));
  return facts;
}

void Trainer::begin_part() {
  schedule_ = Schedule(config_.schedule, part().steps(), part().epochs());
  part().reserve(context(true));
}

// Where the part of the training is over the next one begins, or the run has ended.
std::optional<Trainer::End> Trainer::end_of_part() {
  const bool out_of_patience =
      config_.train.patience > 0 && progress_.epochs_since_best >= config_.train.patience;
  if (progress_.epochs_of_part < part().epochs() && !out_of_patience) return std::nullopt;
  if (progress_.part + 1 == static_cast<std::int64_t>(parts_.size()))
    return out_of_patience ? End::patience : End::finished;
  ++progress_.part;
  progress_.epochs_of_part = progress_.epochs_since_best = 0;
  progress_.scheduled = steps();
  begin_part();
  return std::nullopt;
}

std::optional<Trainer::End> Trainer::next_epoch(Session& session) {
  if (const auto end = end_of_part()) return end;
  Readback results(stream_, config_.train.not_finite == "skip");
  session.results = &results;
  std::optional<EpochMetrics> metrics = train_epoch(session);
  if (!metrics) return End::stopped;
  const bool higher_is_better = config_.train.best != "loss";
  for (auto& average : averages_) average.apply(stream_);
  const std::optional<Validation> validation = task_.validate(context(false), session.observer.stop);
  bool is_best = false;
  double figure = 0;
  if (validation) {
    metrics->val_loss = validation->loss;
    metrics->val_loss_shuffled = validation->loss_shuffled;
    metrics->accuracy = validation->accuracy;
    metrics->captions = validation->captions;
    if (!std::isfinite(validation->loss))
      throw NotFinite(fmt::format("the validation loss of epoch {} is {}", metrics->epoch,
                                  std::isnan(validation->loss) ? "not a number" : "infinite"));
    figure = figure_of(config_.train.best, *validation);
    is_best = progress_.best_epoch == 0 ||
              (higher_is_better ? figure > progress_.best_figure : figure < progress_.best_figure);
    if (is_best) task_.save(session.directory.model_path());
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
  trim_heap();
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
