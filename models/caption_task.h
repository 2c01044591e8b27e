// Training of a captioner from HDF5 features, or of an encoder with it from pictures: with cross-entropy, and
// then, where asked for, self-critically.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "io/caption_data.h"
#include "models/caption_gallery.h"
#include "models/caption_validation.h"
#include "models/config.h"
#include "models/data_loader.h"
#include "models/encoder_decoder.h"
#include "models/training_task.h"

namespace dlcore {

/// Opens the files that a configuration names. Throws Error that names the key where one is missing.
CaptionData open_data(const Config& config);
/// Error where the keys of data name two sources at once; open_data begins with it.
void check_data_source(const Config& config);

class CaptionTask : public TrainingTask {
 public:
  /// `data` must outlive the task. With `to_be_restored` the weights are those of a checkpoint that
  /// Trainer::run will be given: none are read, and no statistics of the features are taken.
  CaptionTask(const Config& config, const CaptionData& data, Device device, bool to_be_restored = false);
  ~CaptionTask() override;

  CaptioningRNN& captioner() { return model_.decoder(); }
  Encoder* encoder() { return model_.encoder(); }  // nullptr where features come from the data

  /// Loss of the first training batch, and what an untrained model is expected to lose: words per caption x
  /// ln V.
  struct Start {
    double loss, expected;
    double words_per_caption;
  };
  Start start(const Context& evaluation);

  const Stream& stream() const override { return stream_; }
  std::vector<Module> modules() override;
  std::vector<TrainingPart*> parts() override;
  std::string items() const override { return "tokens"; }
  std::optional<Validation> validate(const Context& evaluation, const std::function<bool()>& stop) override;
  void save(const std::string& path) override;
  Facts facts() override;
  std::string data_text() const override;
  std::string model_text() override;
  std::string start_text(const Context& evaluation) override;
  double seconds_waited_for_data() const override { return train_.seconds_waited(); }

 private:
  Config config_;
  const CaptionData& data_;
  Stream stream_;
  DataLoader train_, val_;
  EncoderDecoder model_;
  std::unique_ptr<CaptionValidation> captions_;
  std::unique_ptr<CaptionGallery> gallery_;
  std::vector<std::unique_ptr<TrainingPart>> parts_;
};

}  // namespace dlcore
