// Trains what a task gives it: the loop over epochs, with optimisers, schedules, validation, checkpoints and
// the run's files.
#pragma once

#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/profile.h"
#include "models/checkpoint.h"
#include "models/config.h"
#include "models/optimizer.h"
#include "models/readback.h"
#include "models/run_directory.h"
#include "models/run_report.h"
#include "models/schedule.h"
#include "models/training_progress.h"
#include "models/training_task.h"
#include "models/weight_average.h"

namespace dlcore {

class Trainer {
 public:
  /// `task` must outlive the trainer.
  Trainer(const Config& config, TrainingTask& task);

  using Step = TrainingStep;  // on a GPU the observer hears of a step when the next two are queued

  Validation validate();

  struct Observer {
    std::function<void(const Step&)> step;
    std::function<void(const EpochMetrics&, bool best)> epoch;
    /// Asked after each step and while it validates: whether to write a checkpoint and leave.
    std::function<bool()> stop = {};
    std::function<void(const std::string&)> warning = {};  // one sentence
  };

  enum class End : unsigned char {
    finished,
    patience,  // train.patience ended it: of cross-entropy it ends only its own epochs
    stopped    // the observer wanted it; it goes on from its checkpoint
  };

  /// Trains all epochs of the task's parts, one part after the other; writes metrics, the report, the best
  /// model and checkpoints into `directory`. Given a checkpoint it goes on from there, and the result is bit
  /// for bit that of one run, on the same device. Throws Error when a loss or a gradient is not finite and
  /// train.not_finite knows no better; the best model and the checkpoints so far stay.
  End run(RunDirectory& directory, const Observer& observer, const Checkpoint* from = nullptr);

  /// What `steps` training steps of one batch are made of, after a few that are not recorded: a phase "step"
  /// each, within it the phases "data", "forward", "backward", "update" and the like, in these layers and
  /// kernels. Trains the model by as many steps.
  std::vector<Profile::Span> profile(std::int64_t steps);

  Context context(bool training) const;
  double seconds_in_checkpoints() const { return seconds_in_checkpoints_; }
  const TrainingProgress& progress() const { return progress_; }
  std::int64_t steps() const { return optimizers_[0]->steps(); }  // so far

 private:
  // A batch's place in its step: what its loss counts of the step's, its number, and whether it is the last.
  struct Place {
    double weight = 1;
    std::int64_t number = 0;
    bool is_last = true;
  };
  Place place_in_step(std::int64_t batch) const;  // batch: of the epoch, from 0
  // Queues forward and backward of the next batch, and with the step's last one the optimisers' step.
  std::optional<Learned> learn(const Place& place);
  TrainingPart& part() const { return *parts_[static_cast<std::size_t>(progress_.part)]; }

  struct Session {  // what run() works with
    RunDirectory& directory;
    RunReport& report;
    const Observer& observer;
    Readback* results = nullptr;  // of the epoch in progress

    bool stop() const { return observer.stop && observer.stop(); }
  };
  struct BatchesOfStep;
  // What is done with a batch's loss, and the step's gradient norm, when they arrive.
  Readback::Receiver receiver(Session& session, const Learned& learned, const Place& place,
                              std::shared_ptr<BatchesOfStep> step, std::function<double()> seconds);
  // The rest of an epoch of training, without validation; nothing where it was stopped.
  std::optional<EpochMetrics> train_epoch(Session& session);
  // The same with validation and all that follows it. Returns how the run ended, once it has.
  std::optional<End> next_epoch(Session& session);
  std::optional<End> end_of_part();
  // What progress_.sums make of an epoch that is over.
  EpochMetrics trained_epoch() const;
  void notice_lost_model(Session& session);
  TrainingTask::Facts facts();

  // trainer_checkpoints.cpp. After a step of the epoch, which has taken so many seconds: the checkpoint that
  // may be due. Returns whether to leave.
  bool after_step(Session& session, double seconds);
  void state(SavedState& saved, Session& session);
  void save(Session& session);
  void restore(const Checkpoint& checkpoint, Session& session);
  void go_back(const NotFinite& failure, Session& session);
  RunIdentity identity();
  // Before a step, what is needed to leave it out. Afterwards whether its loss and gradients are finite;
  // where train.not_finite is skip, it has been left out if not, else NotFinite is thrown.
  void before_step();
  bool is_usable(const BadStep& step, const std::function<BadStep::Examples()>& examples, Session& session);

  // Schedule and memory for the part of the training that progress_ says.
  void begin_part();
  // One step of the optimisers from the gradients that have been added up.
  void update(bool all_modules);
  bool all_modules_learn() const;
  std::int64_t steps_in_all() const;

  Config config_;
  TrainingTask& task_;
  Stream stream_;
  GradientNorm norm_;
  std::vector<TrainingTask::Module> modules_;
  std::vector<TrainingPart*> parts_;
  std::vector<std::unique_ptr<Optimizer>> optimizers_;  // of the modules
  std::vector<WeightAverage> averages_;                 // of the modules, or none
  TrainingProgress progress_;
  Schedule schedule_;
  // Running statistics, and what they were before a step that may be left out.
  std::vector<std::pair<Tensor, Tensor>> statistics_;
  std::shared_future<std::vector<DataFileIdentity>> data_identity_;
  double seconds_in_checkpoints_ = 0;
  int times_gone_back_ = 0;  // without an epoch or a checkpoint since
};

}  // namespace dlcore
