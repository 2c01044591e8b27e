#include "models/trainer.h"

#include <cmath>
#include <filesystem>
#include <limits>

#include "core/error.h"
#include "kernels/elementwise.h"
#include "kernels/embedding.h"
#include "models/feature_statistics.h"
#include "models/initial_weights.h"
#include "models/model_file.h"

namespace dlcore {
namespace {

std::unique_ptr<Encoder> make_encoder(const Config& config, std::int64_t picture_side, Device device,
                                      bool to_be_restored) {
  if (!config.from_pictures()) return nullptr;
  require(config.model.batch_norm == "batch" || !config.model.normalize_features,
          "model.normalize_features needs the batch's statistics: set model.batch_norm to batch");
  auto encoder = std::make_unique<Encoder>(EncoderConfig{.name = config.model.encoder,
                                                         .image_size = picture_side,
                                                         .level = config.model.level,
                                                         .pool = config.model.pool,
                                                         .normalize = config.model.normalize_features},
                                           dtype_from_name(config.train.precision), device);
  encoder->initialize(static_cast<std::uint64_t>(config.train.seed));
  if (!config.model.encoder_weights.empty() && !to_be_restored) encoder->load(config.model.encoder_weights);
  return encoder;
}

// A probability of dropout for one place: -1 leaves it to model.dropout.
std::optional<double> own_dropout(double value) {
  return value == -1 ? std::nullopt : std::optional(value);
}

CaptionerConfig captioner_config(const Config& config, const CaptionData& data, const Encoder* encoder) {
  require(encoder == nullptr || !config.model.standardize,
          "model.standardize is for features from the data: with an encoder use model.normalize_features");
  return {.cell = config.model.cell,
          .feature_shape = encoder != nullptr ? encoder->feature_shape() : data.feature_shape(),
          .vocabulary_size = data.vocabulary().size(),
          .initial_activation = config.model.initial_activation,
          .wordvec_dim = config.model.wordvec_dim,
          .hidden_dim = config.model.hidden_dim,
          .dropout = config.model.dropout,
          .embed_dropout = own_dropout(config.model.embed_dropout),
          .output_dropout = own_dropout(config.model.output_dropout),
          .state_dropout = config.model.state_dropout,
          .standardize = config.model.standardize,
          .null_index = data.vocabulary().null(),
          .start_index = data.vocabulary().start(),
          .end_index = data.vocabulary().end(),
          .label_smoothing = config.train.label_smoothing,
          .feature_gradient = encoder != nullptr};
}

EncoderDecoder make_model(const Config& config, const CaptionData& data, std::int64_t picture_side,
                          Device device, bool to_be_restored) {
  auto encoder = make_encoder(config, picture_side, device, to_be_restored);
  auto decoder = std::make_unique<CaptioningRNN>(captioner_config(config, data, encoder.get()),
                                                 dtype_from_name(config.train.precision), device);
  decoder->initialize(static_cast<std::uint64_t>(config.train.seed));
  return {std::move(encoder), std::move(decoder), device, config.model.feature_dropout};
}

DataLoader::Options loader_options(const Config& config, bool training) {
  const bool on_train = training || config.data.validate_on == "train";
  return {.batch = config.train.batch,
          .shuffle = training && config.train.shuffle,
          .group_captions = training && config.train.group_captions,
          .drop_last = training && config.train.drop_last,
          .seed = static_cast<std::uint64_t>(config.train.seed),
          .captions_per_image = on_train ? config.data.captions_per_image : 0,
          .limit = on_train ? config.data.train_limit : config.data.val_limit,
          .captions_sampled = training ? config.data.captions_sampled : 0,
          .type = dtype_from_name(config.train.precision),
          .pictures = config.from_pictures(),
          .crop = config.data.crop,
          .augment = training && config.data.crop > 0,
          .flip = training && config.data.flip,
          .once = config.from_pictures() && (!training || config.train.group_captions)};
}

// What the file names of the images that are validated are relative to.
std::string photo_folder(const Config& config) {
  const auto& data = config.data;
  if (!data.photos.empty()) {
    const std::string named = data.located(data.photos);
    require(std::filesystem::is_directory(named), "data.photos: the folder {} is not there", named);
    return named;
  }
  const bool others = data.validate_on == "val" && !data.val_images.empty();
  const std::string folder = data.located(others ? data.val_images : data.images);
  return std::filesystem::is_directory(folder) ? folder : "";  // the data file may have been made elsewhere
}

std::vector<std::string> parameter_names(CaptioningRNN& captioner, Encoder* encoder) {
  std::vector<std::string> names;
  for (const auto& entry : captioner.parameters().entries()) names.push_back(entry.name);
  if (encoder != nullptr)
    for (const auto& entry : encoder->parameters().entries()) names.push_back(encoder_prefix + entry.name);
  return names;
}

void set_statistics(CaptioningRNN& captioner, const FeatureReader& reader, Device device) {
  // A channel that hardly varies is not blown up: the deviation is kept away from zero.
  constexpr double floor = 1e-3;
  FeatureStatistics statistics = feature_statistics(reader);
  for (auto& deviation : statistics.deviation) deviation = 1 / (deviation + floor);
  const auto write = [&](const char* name, const std::vector<double>& values) {
    const Tensor& target = captioner.parameters().find(name).value;
    copy(Stream(device), Tensor::from(values, target.shape()).to(target.dtype()).to(device), target);
  };
  write("standardize.mean", statistics.mean);
  write("standardize.inverse_deviation", statistics.deviation);
}

}  // namespace

Trainer::Trainer(const Config& config, const CaptionData& data, Device device, bool to_be_restored)
    : config_(config),
      data_(data),
      device_(device),
      stream_(device),
      norm_(device),
      train_(data.split("train"), data.vocabulary().null(), loader_options(config, true), stream_),
      val_(data.split(config.data.validate_on), data.vocabulary().null(), loader_options(config, false),
           stream_),
      model_(make_model(config, data, train_.picture_side(), device, to_be_restored)),
      optimizer_(make_optimizer(config.optimizer, captioner().parameters())),
      schedule_(config.schedule, steps_per_epoch(), config.train.epochs) {
  if (encoder() != nullptr)
    encoder_optimizer_ = make_optimizer(config.optimizer, encoder()->parameters(), encoder_prefix);
  if (config.train.caption_images > 0)
    captions_ = std::make_unique<CaptionValidation>(data.split(config.data.validate_on), data.vocabulary(),
                                                    config.train.caption_images,
                                                    loader_options(config, false), stream_);
  if ((config.train.report || config.train.tensorboard) && config.train.gallery_images > 0)
    gallery_ = std::make_unique<CaptionGallery>(
        data.split(config.data.validate_on), data.vocabulary(),
        CaptionGallery::Wanted{config.train.gallery_images, config.train.gallery_beam, photo_folder(config)},
        loader_options(config, false), stream_);
  require(config.train.best == "loss" || captions_ != nullptr,
          "train.best is {}, which needs captions of images: set train.caption_images", config.train.best);
  check_rates(config.optimizer, parameter_names(captioner(), encoder()));
  if (config.train.average > 0) {
    averages_.emplace_back(*optimizer_, captioner().parameters(), config.train.average);
    if (encoder() != nullptr)
      averages_.emplace_back(*encoder_optimizer_, encoder()->parameters(), config.train.average);
  }
  if (config.model.standardize && !to_be_restored)
    set_statistics(captioner(), data.split("train").images.features, device);
  if (!config.model.weights.empty() && !to_be_restored)
    load_initial_weights(config.model.weights, data.vocabulary(), captioner(), encoder());
  require(config.train.epochs + config.self_critical.epochs > 0,
          "there is nothing to train: train.epochs and self_critical.epochs are 0");
  if (config.self_critical.epochs > 0) make_self_critical();
}

Context Trainer::context(bool training) const {
  return {.stream = stream_,
          .training = training,
          .batch_statistics = config_.model.batch_norm == "batch",
          .seed = static_cast<std::uint64_t>(config_.train.seed),
          .step = static_cast<std::uint64_t>(optimizer_->steps()),
          .persistent_rnn = config_.train.persistent_rnn};
}

std::int64_t Trainer::steps_per_epoch() const {
  return (train_.batches() + config_.train.accumulate - 1) / config_.train.accumulate;
}

std::int64_t Trainer::steps_in_all() const {
  return config_.train.epochs * steps_per_epoch() +
         (images_ != nullptr ? config_.self_critical.epochs * images_->batches() : 0);
}

Trainer::Part Trainer::part_of_step(std::int64_t batch) const {
  const std::int64_t accumulate = config_.train.accumulate, size = train_.batch_size();
  const std::int64_t first = batch / accumulate * accumulate;
  const std::int64_t end = std::min(first + accumulate, train_.batches());
  const auto captions = [&](std::int64_t from, std::int64_t to) {
    return static_cast<double>(std::min(to * size, train_.captions()) - from * size);
  };
  return {captions(batch, batch + 1) / captions(first, end), batch - first, batch + 1 == end};
}

Trainer::Start Trainer::start() {
  train_.start(1);
  const CaptionBatch batch = model_.encode(context(false), *train_.next());
  const double loss = model_.forward(context(false), batch).to_vector<double>()[0];
  const double words = static_cast<double>(batch.packing.tokens()) / static_cast<double>(batch.count());
  return {loss, words * std::log(static_cast<double>(data_.vocabulary().size())), words};
}

Trainer::Validation Trainer::validate() {
  return *validate_unless({});
}

std::optional<Trainer::Validation> Trainer::validate_unless(const std::function<bool()>& stop) {
  const Context evaluation = context(false);
  double sum = 0;
  double shuffled_sum = 0;
  std::int64_t captions = 0;
  std::int64_t shuffled_captions = 0;
  Readback losses(stream_);
  const auto add = [&](const CaptionBatch& batch, double& to) {
    losses.queue(model_.forward(evaluation, batch), {},
                 [&to, N = static_cast<double>(batch.count())](double loss, double) { to += N * loss; });
  };
  struct Frozen {
    Encoder* encoder;
    ~Frozen() {
      if (encoder != nullptr) encoder->thaw();
    }
  } frozen{encoder()};
  if (encoder() != nullptr) encoder()->freeze(stream_);
  val_.start(1);
  while (const CaptionBatch* next = val_.next()) {
    if (stop && stop()) return std::nullopt;
    CaptionBatch batch = model_.encode(evaluation, *next);
    add(batch, sum);
    captions += batch.count();
    const std::vector<std::int32_t> other = exchange_images(batch.images);
    if (other.empty()) continue;
    const Tensor rows = Tensor::from(other, {batch.count()}, device_);
    const Tensor exchanged(batch.features.shape(), batch.features.dtype(), device_);
    kernels::gather_rows(stream_, batch.features, rows, exchanged, batch.count(), batch.count(),
                         batch.features.size(1));
    batch.features = exchanged;
    add(batch, shuffled_sum);
    shuffled_captions += batch.count();
  }
  losses.finish();
  Validation result{sum / static_cast<double>(captions),
                    shuffled_captions > 0 ? shuffled_sum / static_cast<double>(shuffled_captions)
                                          : std::numeric_limits<double>::quiet_NaN()};
  if (captions_ != nullptr) result.captions = (*captions_)(evaluation, model_);
  if (stop && stop()) return std::nullopt;
  if (gallery_ != nullptr && std::isfinite(result.loss)) result.gallery = (*gallery_)(evaluation, model_);
  return result;
}

void Trainer::update(bool encoder_too) {
  const ProfileSpan span(Profile::Kind::phase, "update");
  const bool with_encoder = encoder_too && encoder() != nullptr;
  std::vector<Tensor> gradients{captioner().parameters().gradients()};
  if (with_encoder) gradients.push_back(encoder()->parameters().gradients());
  if (config_.train.clip_value > 0)
    for (const Tensor& gradient : gradients)
      kernels::clip_values(stream_, gradient, config_.train.clip_value, gradient.numel());
  // Where the norm is not finite the factor is NaN, and nothing is updated.
  const double most =
      config_.train.clip_norm > 0 ? config_.train.clip_norm : std::numeric_limits<double>::infinity();
  const Tensor scale = norm_.clip(stream_, gradients, most);
  const double of_part = progress_.self_critical ? config_.self_critical.rate : 1;
  const double factor =
      progress_.lowered * of_part * schedule_.factor(optimizer_->steps() - progress_.scheduled);
  progress_.learning_rate = factor * config_.optimizer.learning_rate;
  optimizer_->step(stream_, progress_.learning_rate, scale);
  if (with_encoder) encoder_optimizer_->step(stream_, factor * config_.encoder_learning_rate, scale);
  for (auto& average : averages_) average.update(stream_);
}

void Trainer::reserve() {
  const std::int64_t N = std::min(train_.batch_size(), train_.captions());
  model_.reserve(context(true), N, train_.caption_length(), train_.feature_rows());
}

CaptionBatch Trainer::with_own_words(const Context& training, CaptionBatch encoded) {
  const ScheduledSamplingConfig& config = config_.scheduled_sampling;
  if (config.most == 0) return encoded;
  const double progress = static_cast<double>(optimizer_->steps()) /
                          static_cast<double>(config_.train.epochs * steps_per_epoch());
  return mix_own_words(training, captioner(), encoded, sampling_probability(config, progress));
}

Tensor Trainer::train_on(const CaptionBatch& batch, const Part& part, bool encoder_learns) {
  Context training = context(true);
  training.loss_weight = part.weight;
  training.step = training.step * static_cast<std::uint64_t>(config_.train.accumulate) +
                  static_cast<std::uint64_t>(part.number);
  const auto phase = [](const char* name, auto work) {
    const ProfileSpan span(Profile::Kind::phase, name);
    return work();
  };
  const CaptionBatch encoded =
      phase("encode", [&] { return with_own_words(training, model_.encode(training, batch)); });
  const Tensor loss = phase("forward", [&] { return model_.forward(training, encoded); });
  phase("backward", [&] { model_.backward(training, encoded, encoder_learns); });
  if (part.is_last) update(encoder_learns);
  return loss;
}

std::vector<Profile::Span> Trainer::profile(std::int64_t steps) {
  constexpr std::int64_t warm_up = 3;
  reserve();
  std::int64_t epoch = 0;
  const auto next = [&] {
    const ProfileSpan span(Profile::Kind::phase, "data");
    const CaptionBatch* batch = epoch > 0 ? train_.next() : nullptr;
    while (batch == nullptr) {
      train_.start(++epoch);
      batch = train_.next();
    }
    return batch;
  };
  for (std::int64_t i = 0; i < warm_up; ++i) train_on(*next(), {}, true);
  Profile profile(stream_);
  for (std::int64_t i = 0; i < steps; ++i) {
    const ProfileSpan span(Profile::Kind::phase, "step");
    train_on(*next(), {}, true);
  }
  return profile.finish();
}

}  // namespace dlcore
