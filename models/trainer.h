// Trains a captioner from HDF5 features, or an encoder with it from pictures.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/profile.h"
#include "io/caption_data.h"
#include "models/caption_gallery.h"
#include "models/caption_validation.h"
#include "models/config.h"
#include "models/data_loader.h"
#include "models/encoder_decoder.h"
#include "models/optimizer.h"
#include "models/readback.h"
#include "models/run_directory.h"
#include "models/run_report.h"
#include "models/schedule.h"
#include "models/self_critical.h"
#include "models/weight_average.h"

namespace dlcore {

/// Opens the files that a configuration names. Throws Error that names the key where one is missing.
CaptionData open_data(const Config& config);
/// Error where the keys of data name two sources at once; open_data begins with it.
void check_data_source(const Config& config);

class Trainer {
 public:
  /// `data` must outlive the trainer.
  Trainer(const Config& config, const CaptionData& data, Device device);

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
  };

  /// Trains all epochs, first those of cross-entropy, then the self-critical ones; writes metrics, the report
  /// and the best model into `directory`. Throws Error when a loss is not finite; the best model so far
  /// stays. Returns whether train.patience ended it before the last epoch: of cross-entropy's it ends only
  /// these.
  bool run(RunDirectory& directory, const Observer& observer);

  /// What `steps` training steps are made of, after a few that are not recorded: a phase "step" each, within
  /// it the phases "data", "encode", "forward", "backward" and "update", in these layers and kernels. Trains
  /// the model by as many steps.
  std::vector<Profile::Span> profile(std::int64_t steps);

  CaptioningRNN& captioner() { return model_.decoder(); }
  Encoder* encoder() { return model_.encoder(); }  // nullptr where features come from the data
  double seconds_waited_for_data() const { return train_.seconds_waited(); }

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
  using TrainEpoch = EpochMetrics (Trainer::*)(std::int64_t, Readback&, const Observer&);
  // One epoch of training, without validation.
  EpochMetrics train_epoch(std::int64_t epoch, Readback& results, const Observer& observer);
  RunReport::Facts facts();
  EpochMetrics self_critical_epoch(std::int64_t epoch, Readback& results, const Observer& observer);
  // So many epochs of one kind with their validations. Returns whether train.patience ended them.
  struct Best;
  bool train_epochs(std::int64_t count, TrainEpoch train, Best& best, RunDirectory& directory,
                    RunReport& report, const Observer& observer);
  void make_self_critical();
  void begin_self_critical();
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
  std::int64_t epoch_ = 0;      // of run()
  double rate_ = 1;             // what the learning rates are multiplied by in this part of the training
  std::int64_t scheduled_ = 0;  // steps before the schedule began
  double learning_rate_ = 0;    // of the last step
};

}  // namespace dlcore
