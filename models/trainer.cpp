#include "models/trainer.h"

#include <algorithm>
#include <limits>

#include "core/error.h"
#include "kernels/elementwise.h"

namespace dlcore {
namespace {

std::vector<std::string> parameter_names(const std::vector<TrainingTask::Module>& modules) {
  std::vector<std::string> names;
  for (const auto& module : modules)
    for (const auto& entry : module.parameters->entries()) names.push_back(module.prefix + entry.name);
  return names;
}

}  // namespace

Trainer::Trainer(const Config& config, TrainingTask& task)
    : config_(config),
      task_(task),
      stream_(task.stream()),
      norm_(stream_.device()),
      modules_(task.modules()),
      parts_(task.parts()),
      schedule_(config.schedule, part().steps(), part().epochs()) {
  for (const auto& module : modules_)
    optimizers_.push_back(make_optimizer(config.optimizer, *module.parameters, module.prefix));
  check_rates(config.optimizer, parameter_names(modules_));
  if (config.train.average > 0)
    for (std::size_t i = 0; i < modules_.size(); ++i)
      averages_.emplace_back(*optimizers_[i], *modules_[i].parameters, config.train.average);
  require(steps_in_all() > 0, "there is nothing to train: train.epochs and self_critical.epochs are 0");
}

Context Trainer::context(bool training) const {
  return {.stream = stream_,
          .training = training,
          .batch_statistics = config_.model.batch_norm == "batch",
          .seed = static_cast<std::uint64_t>(config_.train.seed),
          .step = static_cast<std::uint64_t>(steps()),
          .persistent_rnn = config_.train.persistent_rnn};
}

std::int64_t Trainer::steps_in_all() const {
  std::int64_t steps = 0;
  for (const TrainingPart* one : parts_) steps += one->epochs() * one->steps();
  return steps;
}

bool Trainer::all_modules_learn() const {
  return std::all_of(modules_.begin(), modules_.end(),
                     [&](const auto& module) { return progress_.epochs >= module.frozen_epochs; });
}

Trainer::Place Trainer::place_in_step(std::int64_t batch) const {
  const TrainingPart& of = part();
  const std::int64_t accumulate = of.accumulate(), size = of.batch_size();
  const std::int64_t first = batch / accumulate * accumulate;
  const std::int64_t end = std::min(first + accumulate, of.batches());
  const auto examples = [&](std::int64_t from, std::int64_t to) {
    return static_cast<double>(std::min(to * size, of.examples()) - from * size);
  };
  return {examples(batch, batch + 1) / examples(first, end), batch - first, batch + 1 == end};
}

Validation Trainer::validate() {
  return *task_.validate(context(false), {});
}

void Trainer::update(bool all_modules) {
  const ProfileSpan span(Profile::Kind::phase, "update");
  const std::size_t learning = all_modules ? modules_.size() : 1;
  std::vector<Tensor> gradients;
  for (std::size_t i = 0; i < learning; ++i) gradients.push_back(modules_[i].parameters->gradients());
  if (config_.train.clip_value > 0)
    for (const Tensor& gradient : gradients)
      kernels::clip_values(stream_, gradient, config_.train.clip_value, gradient.numel());
  // Where the norm is not finite the factor is NaN, and nothing is updated.
  const double most =
      config_.train.clip_norm > 0 ? config_.train.clip_norm : std::numeric_limits<double>::infinity();
  const Tensor scale = norm_.clip(stream_, gradients, most);
  const double factor = progress_.lowered * part().rate() * schedule_.factor(steps() - progress_.scheduled);
  progress_.learning_rate = factor * modules_[0].learning_rate;
  for (std::size_t i = 0; i < learning; ++i)
    optimizers_[i]->step(stream_, factor * modules_[i].learning_rate, scale);
  for (auto& average : averages_) average.update(stream_);
}

std::optional<Learned> Trainer::learn(const Place& place) {
  Context training = context(true);
  training.loss_weight = place.weight;
  training.step = training.step * static_cast<std::uint64_t>(part().accumulate()) +
                  static_cast<std::uint64_t>(place.number);
  const double in_all = static_cast<double>(part().epochs() * part().steps());
  const bool all_modules = all_modules_learn();
  std::optional<Learned> learned =
      part().learn(training, {static_cast<double>(steps() - progress_.scheduled) / in_all, all_modules});
  if (learned && place.is_last) update(all_modules);
  return learned;
}

std::vector<Profile::Span> Trainer::profile(std::int64_t steps) {
  constexpr std::int64_t warm_up = 3;
  part().reserve(context(true));
  std::int64_t epoch = 1;
  part().start(epoch, 0);
  const auto step = [&] {
    while (!learn({})) part().start(++epoch, 0);
  };
  for (std::int64_t i = 0; i < warm_up; ++i) step();
  Profile profile(stream_);
  for (std::int64_t i = 0; i < steps; ++i) {
    const ProfileSpan span(Profile::Kind::phase, "step");
    step();
  }
  return profile.finish();
}

}  // namespace dlcore
