// The two ways in which a captioner learns. Internal to models.
#pragma once

#include "io/caption_data.h"
#include "models/config.h"
#include "models/data_loader.h"
#include "models/encoder_decoder.h"
#include "models/self_critical.h"
#include "models/training_task.h"

namespace dlcore {

/// Cross-entropy of the data's captions, of which some words are the model's own with scheduled sampling.
class CrossEntropyPart : public TrainingPart {
 public:
  /// All must outlive it.
  CrossEntropyPart(const Config& config, const CaptionData& data, DataLoader& loader, EncoderDecoder& model)
      : config_(config), data_(data), loader_(loader), model_(model) {}

  std::int64_t epochs() const override { return config_.train.epochs; }
  std::int64_t accumulate() const override { return config_.train.accumulate; }
  std::int64_t batches() const override { return loader_.batches(); }
  std::int64_t examples() const override { return loader_.captions(); }
  std::int64_t batch_size() const override { return loader_.batch_size(); }
  void reserve(const Context& training) override;
  void start(std::int64_t epoch, std::int64_t done) override { loader_.start(epoch, done); }
  std::optional<Learned> learn(Context training, const How& how) override;

 private:
  const Config& config_;
  const CaptionData& data_;
  DataLoader& loader_;
  EncoderDecoder& model_;
};

/// Rewards of captions that the model draws (models/self_critical.h).
class SelfCriticalPart : public TrainingPart {
 public:
  /// like: options of the training loader. The others must outlive it.
  SelfCriticalPart(const Config& config, const CaptionData& data, DataLoader::Options like,
                   EncoderDecoder& model, const Stream& stream);

  std::int64_t epochs() const override { return config_.self_critical.epochs; }
  double rate() const override { return config_.self_critical.rate; }
  std::int64_t batches() const override { return images_.batches(); }
  std::int64_t examples() const override { return images_.captions(); }
  std::int64_t batch_size() const override { return images_.batch_size(); }
  void reserve(const Context& training) override;
  void start(std::int64_t epoch, std::int64_t done) override { images_.start(epoch, done); }
  std::optional<Learned> learn(Context training, const How& how) override;

 private:
  const Config& config_;
  const CaptionData& data_;
  EncoderDecoder& model_;
  DataLoader images_;
  SelfCritical self_critical_;
};

}  // namespace dlcore
