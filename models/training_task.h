// What a Trainer trains: models with their data, how they learn from it, and how they are validated. The
// trainer has the loop around that: optimisers, schedules, checkpoints, reports.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "layers/layer.h"
#include "models/bad_step.h"
#include "models/validation.h"

namespace dlcore {

/// What was learned from a batch.
struct Learned {
  Tensor loss;                // (1) on the device; its gradients were added to the parameters'
  std::int64_t examples = 0;  // captions, say
  std::int64_t items = 0;     // TrainingTask::items() of them: their words, say
  /// Of captions that the model drew; NaN where it draws none. The loss is then no mean over examples, which
  /// `mean_loss` is.
  double reward = std::numeric_limits<double>::quiet_NaN();
  double mean_loss = 0;
  std::function<BadStep::Examples()> described = {};
};

/// A part of a training: epochs of one kind.
class TrainingPart {
 public:
  virtual ~TrainingPart() = default;

  virtual std::int64_t epochs() const = 0;
  virtual double rate() const { return 1; }              // what the learning rates are multiplied by
  virtual std::int64_t accumulate() const { return 1; }  // batches that make one optimiser step

  virtual std::int64_t batches() const = 0;     // of an epoch
  virtual std::int64_t examples() const = 0;    // of an epoch
  virtual std::int64_t batch_size() const = 0;  // examples of a batch, but for the last one

  /// Makes room for the largest batch.
  virtual void reserve(const Context& training) = 0;
  /// Starts over with the batches of epoch 1, 2, ..., without the first `done` of them.
  virtual void start(std::int64_t epoch, std::int64_t done) = 0;

  struct How {
    double progress = 0;      // share of the part's steps that are done
    bool all_modules = true;  // false: only the first module learns
  };
  /// Queues forward and backward of the next batch, with the gradient training.loss_weight; nothing at the
  /// end of the epoch.
  virtual std::optional<Learned> learn(Context training, const How& how) = 0;

  std::int64_t steps() const { return (batches() + accumulate() - 1) / accumulate(); }  // of an epoch
};

class TrainingTask {
 public:
  virtual ~TrainingTask() = default;

  /// Where everything is queued, on the device of the parameters.
  virtual const Stream& stream() const = 0;

  /// Parameters with a learning rate and an optimiser of their own.
  struct Module {
    std::string name;    // in checkpoints: "decoder"
    std::string prefix;  // before its parameters' names, in optimizer.rates and messages
    ParameterSet* parameters;
    double learning_rate;
    std::int64_t frozen_epochs = 0;  // at the beginning; 0 for the first module
  };
  virtual std::vector<Module> modules() = 0;
  /// One after another; there is one at least.
  virtual std::vector<TrainingPart*> parts() = 0;
  /// What is counted per second: "tokens".
  virtual std::string items() const = 0;

  /// Nothing where `stop`, which may be empty, came to say so.
  virtual std::optional<Validation> validate(const Context& evaluation,
                                             const std::function<bool()>& stop) = 0;

  /// Writes the model as it is now, whole or not at all.
  virtual void save(const std::string& path) = 0;

  using Facts = std::vector<std::pair<std::string, std::string>>;
  /// Of model and data, name and value, for the report.
  virtual Facts facts() = 0;
  /// Lines for people: the data; the model, without its parameters; what it loses before training.
  virtual std::string data_text() const = 0;
  virtual std::string model_text() = 0;
  virtual std::string start_text(const Context& evaluation) = 0;

  virtual double seconds_waited_for_data() const = 0;
};

}  // namespace dlcore
