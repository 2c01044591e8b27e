#include "models/caption_task.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>

#include "core/format.h"
#include "kernels/embedding.h"
#include "models/caption_parts.h"
#include "models/feature_statistics.h"
#include "models/initial_weights.h"
#include "models/model_file.h"
#include "models/readback.h"

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

CaptionTask::CaptionTask(const Config& config, const CaptionData& data, Device device, bool to_be_restored)
    : config_(config),
      data_(data),
      stream_(device),
      train_(data.split("train"), data.vocabulary().null(), loader_options(config, true), stream_),
      val_(data.split(config.data.validate_on), data.vocabulary().null(), loader_options(config, false),
           stream_),
      model_(make_model(config, data, train_.picture_side(), device, to_be_restored)) {
  if (config.train.caption_images > 0)
    captions_ = std::make_unique<CaptionValidation>(data.split(config.data.validate_on), data.vocabulary(),
                                                    config.train.caption_images,
                                                    loader_options(config, false), stream_);
  if ((config.train.report || config.train.tensorboard) && config.train.gallery_images > 0)
    gallery_ = std::make_unique<CaptionGallery>(
        data.split(config.data.validate_on), data.vocabulary(),
        CaptionGallery::Wanted{config.train.gallery_images, config.train.gallery_beam, photo_folder(config)},
        loader_options(config, false), stream_);
  require(config.train.best != "accuracy",
          "train.best is accuracy, which is for classes: of captions there are loss, bleu4, rouge_l, cider");
  require(config.train.best == "loss" || captions_ != nullptr,
          "train.best is {}, which needs captions of images: set train.caption_images", config.train.best);
  if (config.model.standardize && !to_be_restored)
    set_statistics(captioner(), data.split("train").images.features, device);
  if (!config.model.weights.empty() && !to_be_restored)
    load_initial_weights(config.model.weights, data.vocabulary(), captioner(), encoder());
  parts_.push_back(std::make_unique<CrossEntropyPart>(config_, data, train_, model_));
  if (config.self_critical.epochs > 0)
    parts_.push_back(std::make_unique<SelfCriticalPart>(config_, data, train_.options(), model_, stream_));
}

CaptionTask::~CaptionTask() = default;

std::vector<TrainingTask::Module> CaptionTask::modules() {
  std::vector<Module> modules{{"decoder", "", &captioner().parameters(), config_.optimizer.learning_rate}};
  if (encoder() != nullptr)
    modules.push_back({"encoder", encoder_prefix, &encoder()->parameters(), config_.encoder_learning_rate,
                       config_.train.freeze_encoder_epochs});
  return modules;
}

std::vector<TrainingPart*> CaptionTask::parts() {
  std::vector<TrainingPart*> parts;
  for (const auto& part : parts_) parts.push_back(part.get());
  return parts;
}

CaptionTask::Start CaptionTask::start(const Context& evaluation) {
  train_.start(1);
  const CaptionBatch batch = model_.encode(evaluation, *train_.next());
  const double loss = model_.forward(evaluation, batch).to_vector<double>()[0];
  const double words = static_cast<double>(batch.packing.tokens()) / static_cast<double>(batch.count());
  return {loss, words * std::log(static_cast<double>(data_.vocabulary().size())), words};
}

std::optional<Validation> CaptionTask::validate(const Context& evaluation,
                                                const std::function<bool()>& stop) {
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
    const Tensor rows = Tensor::from(other, {batch.count()}, stream_.device());
    const Tensor exchanged(batch.features.shape(), batch.features.dtype(), stream_.device());
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

void CaptionTask::save(const std::string& path) {
  save_model(path, captioner(), encoder(), data_.vocabulary(), data_.features_description());
}

TrainingTask::Facts CaptionTask::facts() {
  const auto describe = [](const CaptionSplit& split) {
    return fmt::format("{} captions of {} images", split.count(), split.images.count());
  };
  Facts facts;
  if (encoder() != nullptr)
    facts.emplace_back("encoder", fmt::format("{}, {} parameters", encoder()->config().name,
                                              encoder()->parameters().trainable_count()));
  facts.emplace_back("decoder", fmt::format("{}, {} parameters", captioner().config().cell,
                                            captioner().parameters().trainable_count()));
  facts.emplace_back("features", to_string(captioner().config().feature_shape));
  facts.emplace_back("vocabulary", fmt::format("{} words", data_.vocabulary().size()));
  facts.emplace_back("training data", describe(data_.split("train")));
  facts.emplace_back("validation data", describe(data_.split(config_.data.validate_on)));
  return facts;
}

std::string CaptionTask::data_text() const {
  const auto describe = [](const char* name, const CaptionSplit& split) {
    return fmt::format("{} {} captions of {} images", readable_count(split.count()), name,
                       readable_count(split.images.count()));
  };
  std::string text = describe("training", data_.split("train"));
  if (data_.has("val")) text += ", " + describe("validation", data_.split("val"));
  return fmt::format("data: {}; {} {}; vocabulary {} words\n", text,
                     config_.from_pictures() ? "pictures" : "features", data_.feature_shape(),
                     readable_count(data_.vocabulary().size()));
}

std::string CaptionTask::model_text() {
  std::string text;
  if (encoder() != nullptr)
    text = fmt::format("encoder: {}, {} parameters, pictures [{}, {}, 3] to features {}\n",
                       encoder()->config().name, readable_count(encoder()->parameters().trainable_count()),
                       encoder()->config().image_size, encoder()->config().image_size,
                       encoder()->feature_shape());
  return text + fmt::format("model: {} captioner, {} parameters, {}\n", captioner().config().cell,
                            readable_count(captioner().parameters().trainable_count()), captioner().dtype());
}

std::string CaptionTask::start_text(const Context& evaluation) {
  const Start first = start(evaluation);
  return fmt::format(
      "initial loss {:.4f}; an untrained model is expected near {:.4f} = {:.2f} words x ln {}\n", first.loss,
      first.expected, first.words_per_caption, data_.vocabulary().size());
}

}  // namespace dlcore
