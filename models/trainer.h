// Trains a captioner from HDF5 features, or an encoder with it from pictures.
#pragma once

#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/profile.h"
#include "io/caption_data.h"
#include "models/bad_step.h"
#include "models/caption_gallery.h"
#include "models/caption_validation.h"
#include "models/checkpoint.h"
#include "models/config.h"
#include "models/data_loader.h"
#include "models/encoder_decoder.h"
#include "models/optimizer.h"
#include "models/readback.h"
#include "models/run_directory.h"
#include "models/run_report.h"
#include "models/schedule.h"
#include "models/self_critical.h"
#include "models/training_progress.h"
#include "models/weight_average.h"

namespace dlcore {

/// Opens the files that a configuration names. Throws Error that names the key where one is missing.
CaptionData open_data(const Config& config);
/// Error where the keys of data name two sources at once; open_data begins with it.
void check_data_source(const Config& config);

class Trainer {
 public:
  /// `data` must outlive the trainer. With `to_be_restored` the weights are those of a checkpoint that run()
  /// will be given: none are read, and no statistics of the features are taken.
  Trainer(const Config& config, const CaptionData& data, Device device, bool to_be_restored = false);

  using Step = TrainingStep;  // on a GPU the observer hears of a step when the next two are queued

  struct Validation {
    double loss = 0;           // mean over captions
    double loss_shuffled = 0;  // with the images exchanged among the captions; NaN where no batch allowed it
    std::optional<CaptionReport> captions = {};  // of train.caption_images
    Gallery gallery = {};                        // of train.gallery_images
  };

  /// Loss of the first training batch, before any training, and what an untrained model is expected to lose:
  /// words per caption x ln V.
  struct Start {
    double loss, expected;
    double words_per_caption;
  };
  Start start();

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

  /// Trains all epochs, first those of cross-entropy, then the self-critical ones; writes metrics, the
  /// report, the best model and checkpoints into `directory`. Given a checkpoint it goes on from there, and
  /// the result is bit for bit that of one run, on the same device. Throws Error when a loss or a gradient is
  /// not finite and train.not_finite knows no better; the best model and the checkpoints so far stay.
  End run(RunDirectory& directory, const Observer& observer, const Checkpoint* from = nullptr);

  /// What `steps` training steps are made of, after a few that are not recorded: a phase "step" each, within
  /// it the phases "data", "encode", "forward", "backward" and "update", in these layers and kernels. Trains
  /// the model by as many steps.
  std::vector<Profile::Span> profile(std::int64_t steps);

  CaptioningRNN& captioner() { return model_.decoder(); }
  Encoder* encoder() { return model_.encoder(); }  // nullptr where features come from the data
  double seconds_waited_for_data() const { return train_.seconds_waited(); }
  double seconds_in_checkpoints() const { return seconds_in_checkpoints_; }
  const TrainingProgress& progress() const { return progress_; }
  std::int64_t steps() const { return optimizer_->steps(); }  // of the optimiser, so far

 private:
  void reserve();
  // Queues forward and backward of a batch as the loader gives it, whose loss counts `weight` of the step's,
  // and with the step's last batch the optimiser's step; returns the loss, (1) on the device.
  struct Part {
    double weight = 1;
    std::int64_t number = 0;  // of the step's batches
    bool is_last = true;
  };
  Tensor train_on(const CaptionBatch& batch, const Part& part, bool encoder_learns);
  Part part_of_step(std::int64_t batch) const;  // batch: of the epoch, from 0
  struct Session {                              // what run() works with
    RunDirectory& directory;
    RunReport& report;
    const Observer& observer;
    Readback* results = nullptr;  // of the epoch in progress

    bool stop() const { return observer.stop && observer.stop(); }
  };
  // The rest of an epoch of training, without validation; nothing where it was stopped.
  std::optional<EpochMetrics> train_epoch(Session& session);
  std::optional<EpochMetrics> self_critical_epoch(Session& session);
  /// What progress_.sums make of an epoch that is over, without the reward.
  EpochMetrics trained_epoch() const;
  // The same with validation and all that follows it. Returns how the run ended, once it has.
  std::optional<End> next_epoch(Session& session);
  std::optional<End> end_of_part();
  std::optional<Validation> validate_unless(const std::function<bool()>& stop);
  void notice_lost_model(Session& session);
  RunReport::Facts facts();

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
  using Captions = std::function<std::vector<BadStep::Caption>()>;
  bool is_usable(const BadStep& step, const Captions& captions, Session& session);

  void make_self_critical();
  // Schedule and memory for the part of the training that progress_ says.
  void begin_part();
  void reserve_self_critical();
  // The gradients of a step of captions drawn for the loader's batch, and the update.
  DrawnCaptions learn_from_drawn(const CaptionBatch& batch, Tensor& loss);
  // The batch to be trained on: with scheduled sampling some of its words are the model's own.
  CaptionBatch with_own_words(const Context& training, CaptionBatch encoded);
  // One optimiser step from the gradients that the model's backward left.
  void update(bool encoder_too);
  Context context(bool training) const;
  std::int64_t steps_per_epoch() const;
  std::int64_t steps_in_all() const;

  Config config_;
  const CaptionData& data_;
  Device device_;
  Stream stream_;
  GradientNorm norm_;
  DataLoader train_, val_;
  EncoderDecoder model_;
  std::unique_ptr<Optimizer> optimizer_, encoder_optimizer_;
  std::vector<WeightAverage> averages_;
  Schedule schedule_;
  std::unique_ptr<CaptionValidation> captions_;
  std::unique_ptr<CaptionGallery> gallery_;
  std::unique_ptr<DataLoader> images_;  // of self-critical training
  std::unique_ptr<SelfCritical> self_critical_;
  TrainingProgress progress_;
  // The encoder's running statistics, and what they were before a step that may be left out.
  std::vector<std::pair<Tensor, Tensor>> statistics_;
  std::shared_future<std::vector<DataFileIdentity>> data_identity_;
  double seconds_in_checkpoints_ = 0;
  int times_gone_back_ = 0;  // without an epoch or a checkpoint since
};

}  // namespace dlcore
