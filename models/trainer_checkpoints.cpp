// The trainer's checkpoints, and what it does where numbers are not finite.
#include <cmath>

#include "core/error.h"
#include "core/stopwatch.h"
#include "models/trainer.h"

namespace dlcore {

namespace {

// Error for what no run comes to.
void check_progress(const TrainingProgress& progress, std::int64_t parts) {
  constexpr std::int64_t most = std::int64_t{1} << 53;  // sums of a few of them don't overflow
  require(progress.part >= 0 && progress.part < parts,
          "the checkpoint is of part {} of the training, which has {} of them", progress.part + 1, parts);
  for (const std::int64_t count :
       {progress.epochs, progress.epochs_of_part, progress.epochs_since_best, progress.best_epoch,
        progress.scheduled, progress.skipped, progress.sums.batches, progress.sums.steps,
        progress.sums.examples, progress.sums.items})
    require(count >= 0 && count <= most, "the checkpoint's progress has a count of {}, which cannot be",
            count);
}

}  // namespace

void Trainer::state(SavedState& saved, Session& session) {
  TrainingProgress progress = progress_;
  saved.part("progress", progress);
  if (saved.restoring()) {
    check_progress(progress, static_cast<std::int64_t>(parts_.size()));
    progress_ = progress;
    begin_part();
  }
  saved.part("schedule", schedule_);
  const auto keep = [&saved](const std::string& name, const ParameterSet& parameters) {
    struct Weights {
      const ParameterSet& all;
      void state(SavedState& inner) { inner.parameters(all); }
    } weights{parameters};
    saved.part(name, weights);
  };
  for (std::size_t i = 0; i < modules_.size(); ++i) {
    keep(modules_[i].name, *modules_[i].parameters);
    saved.part(modules_[i].name + "_optimizer", *optimizers_[i]);
    if (!averages_.empty()) saved.part(modules_[i].name + "_average", averages_[i]);
  }
  saved.part("report", session.report);
  if (saved.restoring()) session.directory.restore(session.report.epochs());
}

RunIdentity Trainer::identity() {
  RunIdentity identity{.config = {}, .data = data_identity_.get(), .device = to_string(stream_.device())};
  for (const auto& [key, value] : config_values(config_)) identity.config[key.name] = value;
  return identity;
}

void Trainer::save(Session& session) {
  const Stopwatch watch;
  stream_.synchronize();
  SavedState saved;
  state(saved, session);
  write_checkpoint(session.directory.path(), steps(), identity(), saved);
  seconds_in_checkpoints_ += watch.seconds();
}

void Trainer::restore(const Checkpoint& checkpoint, Session& session) {
  stream_.synchronize();
  SavedState saved = checkpoint.state();
  state(saved, session);
  for (const auto& module : modules_) module.parameters->gradients().zero(stream_);
}

bool Trainer::after_step(Session& session, double seconds) {
  const std::int64_t every = config_.train.checkpoint_every;
  const bool stop = session.stop();
  if (!stop && (every == 0 || steps() % every != 0)) return false;
  session.results->finish();
  progress_.sums.seconds = seconds;
  times_gone_back_ = 0;
  save(session);
  return stop;
}

void Trainer::go_back(const NotFinite& failure, Session& session) {
  constexpr int most = 8;
  const std::string help = "a lower learning rate or train.clip_norm may help";
  if (config_.train.not_finite != "rollback") fail("training stopped: {}; {}", failure.what(), help);
  if (++times_gone_back_ > most)
    fail("training stopped: {}, again after going back {} times with half the learning rates each time; {}",
         failure.what(), most, help);
  const auto warn = [&](const std::string& sentence) {
    if (session.observer.warning) session.observer.warning(sentence);
  };
  restore(newest_checkpoint(session.directory.path(), warn), session);
  progress_.lowered /= 2;
  save(session);  // so that a run that goes on from here has the lower rates, too
  warn(fmt::format("{}: back to step {}, and on with {:g} of the learning rates", failure.what(), steps(),
                   progress_.lowered));
}

void Trainer::before_step() {
  if (config_.train.not_finite != "skip") return;
  statistics_.clear();
  for (const auto& module : modules_)
    for (const auto& [name, parameter] : module.parameters->entries())
      if (!parameter->trainable) statistics_.emplace_back(parameter->value, parameter->value.clone());
}

bool Trainer::is_usable(const BadStep& step, const std::function<BadStep::Examples()>& examples,
                        Session& session) {
  if (std::isfinite(step.loss) && std::isfinite(step.gradient_norm)) {
    progress_.skipped = 0;
    return true;
  }
  constexpr std::int64_t most = 20;
  BadStep whole = step;
  for (const auto& module : modules_)
    for (auto& one : gradients_not_finite(*module.parameters, module.prefix))
      whole.gradients.push_back(std::move(one));
  whole.examples = examples();
  const std::string sentence = fmt::format("{} (its {}: {})", describe(whole), whole.examples.name,
                                           write_bad_step(session.directory.path(), whole));
  // A finite norm let the update pass.
  if (config_.train.not_finite != "skip" || std::isfinite(step.gradient_norm)) throw NotFinite(sentence);
  if (++progress_.skipped > most)
    throw NotFinite(fmt::format("{}, and the {} steps before it were left out", sentence, most));
  for (const auto& module : modules_) module.parameters->gradients().zero(stream_);
  for (const auto& [now, before] : statistics_) copy(stream_, before, now);
  if (session.observer.warning) session.observer.warning(sentence + ": the step is left out");
  return false;
}

}  // namespace dlcore
