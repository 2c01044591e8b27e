#include "models/config_keys.h"

#include <cmath>
#include <limits>
#include <utility>

#include "core/error.h"
#include "io/html/gallery.h"
#include "layers/cells.h"
#include "models/encoder.h"
#include "models/encoder_trunk.h"
#include "models/graph_yaml.h"
#include "models/regnet.h"
#include "models/validation.h"

namespace dlcore {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr std::int64_t largest = std::int64_t{1} << 40;

template <class T>
T scalar(const YAML::Node& node, const char* type) {
  require(!node.IsNull(), "must be {}, but it is empty", type);
  require(node.IsScalar(), "must be {}, not a list or a section", type);
  T value{};
  try {
    value = node.as<T>();
  } catch (const YAML::Exception&) {
    fail("must be {}, not '{}'", type, node.Scalar());
  }
  return value;
}

std::string quoted(const std::string& text) {
  YAML::Emitter out;
  out << YAML::DoubleQuoted << text;
  return out.c_str();
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "" : ", ") + (name.empty() ? "\"\"" : name);
  return text;
}

// Field: Config& -> a reference to the setting.
template <class Field>
const auto& read_only(Field field, const Config& config) {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast): it only finds the setting
  return field(const_cast<Config&>(config));
}

template <class Field>
ConfigEntry text(const char* name, Field field, const std::string& meaning) {
  return {
      {name, "text", {}, meaning},
      [field](Config& config, const YAML::Node& node) { field(config) = scalar<std::string>(node, "text"); },
      [field](const Config& config) { return quoted(read_only(field, config)); }};
}

template <class Field>
ConfigEntry rates(const char* name, Field field, const std::string& meaning) {
  return {{name, "text", {}, meaning},
          [field](Config& config, const YAML::Node& node) {
            field(config) = parse_rates(scalar<std::string>(node, "text"));
          },
          [field](const Config& config) { return quoted(to_string(read_only(field, config))); }};
}

// choices: a function, as plugins may add to them.
template <class Field, class Choices>
ConfigEntry open_choice(const char* name, Field field, Choices choices, const std::string& meaning) {
  return {{name, "text", {}, meaning + ": " + joined(choices())},
          [field, choices = std::move(choices)](Config& config, const YAML::Node& node) {
            const auto value = scalar<std::string>(node, "text");
            for (const auto& one : choices())
              if (one == value) {
                field(config) = value;
                return;
              }
            fail("must be one of {}, not '{}'", joined(choices()), value);
          },
          [field](const Config& config) {
            const std::string& value = read_only(field, config);
            return value.empty() ? quoted(value) : value;
          }};
}

template <class Field>
ConfigEntry choice(const char* name, Field field, const std::vector<std::string>& choices,
                   const std::string& meaning) {
  return open_choice(
      name, field, [choices] { return choices; }, meaning);
}

template <class Field>
ConfigEntry integer(const char* name, Field field, std::int64_t low, const std::string& meaning,
                    std::int64_t high = largest) {
  return {{name, "integer", {}, meaning},
          [field, low, high](Config& config, const YAML::Node& node) {
            const auto value = scalar<std::int64_t>(node, "an integer");
            require(value >= low && value <= high, "must be at least {}{}, not {}", low,
                    value > high ? fmt::format(" and at most {}", high) : "", value);
            field(config) = value;
          },
          [field](const Config& config) { return fmt::format("{}", read_only(field, config)); }};
}

template <class Field>
ConfigEntry number(const char* name, Field field, double low, double below, const std::string& meaning) {
  return {{name, "number", {}, meaning},
          [field, low, below](Config& config, const YAML::Node& node) {
            const auto value = scalar<double>(node, "a number");
            require(std::isfinite(value) && value >= low && value < below, "must be a number {}, not {}",
                    below == infinity ? fmt::format("of at least {}", low)
                                      : fmt::format("in [{}, {})", low, below),
                    value);
            field(config) = value;
          },
          [field](const Config& config) { return fmt::format("{}", read_only(field, config)); }};
}

template <class Field>
ConfigEntry flag(const char* name, Field field, const std::string& meaning) {
  return {{name, "true or false", {}, meaning},
          [field](Config& config, const YAML::Node& node) {
            field(config) = scalar<bool>(node, "true or false");
          },
          [field](const Config& config) { return std::string(read_only(field, config) ? "true" : "false"); }};
}

#define DLCORE_FIELD(member)     \
  [](Config & config) -> auto& { \
    return config.member;        \
  }

std::vector<std::string> encoder_choices() {
  std::vector<std::string> names = encoder_names();
  names.insert(names.begin(), "");
  return names;
}

std::vector<ConfigEntry> make_entries() {
  std::vector<ConfigEntry> entries{
      open_choice("model.cell", DLCORE_FIELD(model.cell), cell_names, "Recurrent cell"),
      text("model.initial_activation", DLCORE_FIELD(model.initial_activation),
           "Layer, one of those that need no attributes (Tanh, ReLU, Sigmoid, or a plugin's own), through "
           "which the projected features pass to become the first hidden state; empty: none"),
      integer("model.wordvec_dim", DLCORE_FIELD(model.wordvec_dim), 1, "Size D of a word vector"),
      integer("model.hidden_dim", DLCORE_FIELD(model.hidden_dim), 1, "Size H of the hidden state"),
      number("model.dropout", DLCORE_FIELD(model.dropout), 0, 1,
             "Probability of dropping an element of the word vectors and of the hidden states before the "
             "scores"),
      number("model.embed_dropout", DLCORE_FIELD(model.embed_dropout), -1, 1,
             "The same of the word vectors alone; -1: as model.dropout"),
      number("model.output_dropout", DLCORE_FIELD(model.output_dropout), -1, 1,
             "The same of the hidden states before the scores alone; -1: as model.dropout"),
      number("model.state_dropout", DLCORE_FIELD(model.state_dropout), 0, 1,
             "Probability of dropping an element of the hidden state on its way into the next step, the same "
             "elements in all steps of a caption; train.persistent_rnn does nothing then"),
      number("model.feature_dropout", DLCORE_FIELD(model.feature_dropout), 0, 1,
             "Probability of dropping an element of an image's features, before model.standardize; in "
             "self-critical epochs, too"),
      flag("model.standardize", DLCORE_FIELD(model.standardize),
           "Bring the features to zero mean and unit deviation per channel, by the training set's "
           "statistics, which "
           "become part of the model file"),
      open_choice("model.encoder", DLCORE_FIELD(model.encoder), encoder_choices,
                  "Encoder that is trained together with the decoder, from the pictures in data.file; empty: "
                  "features come from the data"),
      text("model.encoder_weights", DLCORE_FIELD(model.encoder_weights),
           "File with the encoder's initial weights (.safetensors or PyTorch's .pth); empty: random ones"),
      choice(
          "model.level", DLCORE_FIELD(model.level), regnet_levels(),
          "Where the encoder ends: its output's side is a 4th, 8th, 16th or 32nd of the picture's; with few "
          "pictures a random encoder of fewer stages learns sooner"),
      choice(
          "model.pool", DLCORE_FIELD(model.pool), encoder_pools(),
          "What of the encoder's output the decoder sees: the whole grid, its mean over the picture, or its "
          "means over the cells of a coarse grid, which say roughly where things are"),
      flag("model.normalize_features", DLCORE_FIELD(model.normalize_features),
           "Batch normalisation, without scale and shift, of the encoder's features"),
      choice(
          "model.batch_norm", DLCORE_FIELD(model.batch_norm), {"batch", "running"},
          "Statistics that the encoder's batch normalisation takes in training: the batch's, or the running "
          "ones of its weights"),
      text("model.weights", DLCORE_FIELD(model.weights),
           "Model file of an earlier run whose weights training starts from, of the same vocabulary and "
           "sizes; empty: random ones"),

      text("data.root", DLCORE_FIELD(data.root),
           "Folder that the other data paths are relative to; itself relative to the working directory"),
      text("data.file", DLCORE_FIELD(data.file),
           "Data file in dlcore's own layout (io/FORMAT.md), in place of the CS231n files below"),
      text("data.annotations", DLCORE_FIELD(data.annotations),
           "Captions of the pictures in data.images (COCO's or Karpathy's JSON, or a table of file and "
           "caption), which an encoder is trained on: data.file is made from them where it is not there"),
      text("data.images", DLCORE_FIELD(data.images), "Folder with the pictures of data.annotations"),
      text(
          "data.val_annotations", DLCORE_FIELD(data.val_annotations),
          "Captions of the pictures for validation; empty: the splits of data.annotations, or a tenth of its "
          "pictures"),
      text("data.val_images", DLCORE_FIELD(data.val_images),
           "Folder with the pictures of data.val_annotations; empty: data.images"),
      text("data.photos", DLCORE_FIELD(data.photos),
           "Folder with the photos by whose file names the data calls its images, for the run's report; "
           "empty: "
           "the folder of data.val_images or data.images"),
      integer("data.image_size", DLCORE_FIELD(data.image_size), 32,
              "Side in pixels, up to 1024, of the pictures in a data.file that is made from "
              "data.annotations; they are cropped in the middle",
              1024),
      integer("data.min_count", DLCORE_FIELD(data.min_count), 1,
              "Uses in the training captions of data.annotations that make a word one of the vocabulary",
              1'000'000),
      integer("data.max_words", DLCORE_FIELD(data.max_words), 1,
              "Words after which captions of data.annotations are cut", 1000),
      text("data.captions", DLCORE_FIELD(data.captions),
           "CS231n layout: HDF5 file with the captions of both splits"),
      text("data.vocabulary", DLCORE_FIELD(data.vocabulary), "CS231n layout: JSON file with the vocabulary"),
      text("data.train_features", DLCORE_FIELD(data.train_features),
           "CS231n layout: HDF5 file with the dataset `features` of the training images"),
      text("data.val_features", DLCORE_FIELD(data.val_features),
           "CS231n layout: the same of the validation images"),
      text("data.train_urls", DLCORE_FIELD(data.train_urls),
           "CS231n layout: text file with the name or URL of each training image; may be left out"),
      text("data.val_urls", DLCORE_FIELD(data.val_urls), "CS231n layout: the same of the validation images"),
      integer("data.captions_per_image", DLCORE_FIELD(data.captions_per_image), 0,
              "Train on the first so many captions of each image; 0: all"),
      integer("data.train_limit", DLCORE_FIELD(data.train_limit), 0,
              "Train on the first so many captions that are left then; 0: all"),
      integer("data.captions_sampled", DLCORE_FIELD(data.captions_sampled), 0,
              "Train on so many of these captions of each image in an epoch, drawn anew every epoch; 0: all"),
      integer("data.val_limit", DLCORE_FIELD(data.val_limit), 0,
              "Validate on the first so many captions; 0: all"),
      choice("data.validate_on", DLCORE_FIELD(data.validate_on), {"val", "train"},
             "Captions that validation uses; train with its limit is for overfitting on purpose"),
      integer("data.cache_mib", DLCORE_FIELD(data.cache_mib), 1,
              "MiB of decoded HDF5 chunks kept per features file; with chunks of many rows it should hold "
              "them all"),
      integer("data.crop", DLCORE_FIELD(data.crop), 0,
              "Side of the piece of each picture that the encoder sees, from a random place in training and "
              "from the middle in validation; 0: the whole picture"),
      flag("data.flip", DLCORE_FIELD(data.flip),
           "Mirror half of the pictures in training; not where captions say left and right"),

      integer("train.epochs", DLCORE_FIELD(train.epochs), 0,
              "Passes over the training captions; 0: only those of self_critical"),
      integer("train.batch", DLCORE_FIELD(train.batch), 1, "Captions per optimiser step"),
      flag("train.shuffle", DLCORE_FIELD(train.shuffle), "Draw a new order of the captions every epoch"),
      flag("train.group_captions", DLCORE_FIELD(train.group_captions),
           "Draw the order of the images, each with its captions one after another, so that the encoder sees "
           "a picture once for all of them"),
      flag("train.drop_last", DLCORE_FIELD(train.drop_last), "Leave out a last batch that is not full"),
      number("train.clip_norm", DLCORE_FIELD(train.clip_norm), 0, infinity,
             "Largest global norm of the gradients, which are scaled down to it; 0: no clipping"),
      number("train.clip_value", DLCORE_FIELD(train.clip_value), 0, infinity,
             "Largest magnitude of a gradient's element, which is cut off there, before clip_norm; 0: no "
             "clipping"),
      integer("train.accumulate", DLCORE_FIELD(train.accumulate), 1,
              "Batches whose gradients make one optimiser step, as one batch of all their captions would"),
      number("train.label_smoothing", DLCORE_FIELD(train.label_smoothing), 0, 1,
             "Part of the target that all words share, in the training loss; the validation loss is without"),
      number("train.scheduled_sampling", DLCORE_FIELD(scheduled_sampling.most), 0, 1,
             "Probability, at the end of train.epochs, with which an input word is one that the model drew "
             "after the words before it, in place of the caption's own; 0: never"),
      choice("train.sampling_schedule", DLCORE_FIELD(scheduled_sampling.schedule), scheduled_sampling_names(),
             "How that probability rises from 0 over train.epochs"),
      number("train.average", DLCORE_FIELD(train.average), 0, 1,
             "Decay of the running mean of the weights that is validated and kept, 0.999 say; 0: the weights "
             "themselves"),
      integer("train.patience", DLCORE_FIELD(train.patience), 0,
              "Epochs in a row without a better validation after which training stops; 0: never"),
      integer(
          "train.caption_images", DLCORE_FIELD(train.caption_images), 0,
          "Validation images that the model captions at each validation, for BLEU, ROUGE-L and CIDEr against "
          "the data's own captions; 0: none"),
      choice("train.best", DLCORE_FIELD(train.best), validation_figures(),
             "Validation figure by which the best model is kept, and that patience and plateau go by"),
      flag("train.report", DLCORE_FIELD(train.report),
           "Write report.html at each validation: curves, configuration and a gallery of captions in one "
           "page"),
      flag("train.tensorboard", DLCORE_FIELD(train.tensorboard),
           "Write an event file for TensorBoard: the same figures, the gallery's captions and photos"),
      integer("train.gallery_images", DLCORE_FIELD(train.gallery_images), 0,
              "Validation images that are captioned for both of them at each validation; 0: none",
              gallery_photos_at_most),
      integer(
          "train.gallery_beam", DLCORE_FIELD(train.gallery_beam), 1,
          "Hypotheses of the beam search that captions these images besides greedy decoding; 1: only that",
          200),
      integer("train.freeze_encoder_epochs", DLCORE_FIELD(train.freeze_encoder_epochs), 0,
              "Epochs at the beginning in which the encoder's weights stay as they are"),
      integer("train.checkpoint_every", DLCORE_FIELD(train.checkpoint_every), 0,
              "Steps after which a checkpoint is written, besides the one after each epoch; 0: only those"),
      choice(
          "train.not_finite", DLCORE_FIELD(train.not_finite), {"stop", "skip", "rollback"},
          "What to do where a loss or a gradient is not a finite number: end, leave out the step's update, "
          "or go back to the last checkpoint with half the learning rates"),
      integer("train.seed", DLCORE_FIELD(train.seed), 0, "Decides initial weights, order and dropout"),
      choice(
          "train.precision", DLCORE_FIELD(train.precision), {"float32", "float64", "bfloat16"},
          "Element type of parameters and arithmetic; with bfloat16 the optimiser keeps them in float32, as "
          "are losses and statistics"),
      flag("train.persistent_rnn", DLCORE_FIELD(train.persistent_rnn),
           "On a GPU run all steps of the recurrent cell in one kernel, where its weights fit on the chip"),
      text("train.out", DLCORE_FIELD(train.out), "Folder of the run's files; --out overrides it"),

      choice("optimizer.name", DLCORE_FIELD(optimizer.name), optimizer_names(), "Optimiser"),
      number("optimizer.learning_rate", DLCORE_FIELD(optimizer.learning_rate), 0, infinity, "Learning rate"),
      number("optimizer.encoder_learning_rate", DLCORE_FIELD(encoder_learning_rate), 0, infinity,
             "Learning rate of the encoder's weights"),
      choice(
          "optimizer.schedule", DLCORE_FIELD(schedule.name), schedule_names(),
          "How the learning rates change: not at all; times gamma every period epochs, every epoch, or when "
          "validation no longer improves; or down to floor along a cosine over all epochs"),
      number("optimizer.gamma", DLCORE_FIELD(schedule.gamma), 0, 1,
             "step, exponential, plateau: what the learning rates are multiplied by"),
      integer("optimizer.period", DLCORE_FIELD(schedule.period), 1, "step: epochs from one fall to the next"),
      integer("optimizer.plateau", DLCORE_FIELD(schedule.patience), 0,
              "plateau: epochs in a row without improvement that do not matter yet"),
      number("optimizer.floor", DLCORE_FIELD(schedule.floor), 0, 1,
             "Part of the learning rates below which no schedule goes, but for warm-up"),
      rates("optimizer.rates", DLCORE_FIELD(optimizer.rates),
            "Factors of the learning rate for parameters whose names begin so, as \"embed=0.1 score=2\"; an "
            "encoder's begin with encoder."),
      integer("optimizer.warmup_steps", DLCORE_FIELD(schedule.warmup_steps), 0,
              "Steps at the beginning in which the learning rates rise to their values"),
      number("optimizer.weight_decay", DLCORE_FIELD(optimizer.weight_decay), 0, infinity,
             "Weight decay: decoupled in adamw, an L2 term of the gradient in adam and sgd"),
      number("optimizer.beta1", DLCORE_FIELD(optimizer.beta1), 0, 1,
             "adam, adamw: decay of the gradient's mean"),
      number("optimizer.beta2", DLCORE_FIELD(optimizer.beta2), 0, 1,
             "adam, adamw: decay of the gradient's mean square"),
      number("optimizer.epsilon", DLCORE_FIELD(optimizer.epsilon), 0, infinity,
             "adam, adamw: added to the root"),
      number("optimizer.momentum", DLCORE_FIELD(optimizer.momentum), 0, 1, "sgd: momentum"),
      number("optimizer.dampening", DLCORE_FIELD(optimizer.dampening), 0, infinity,
             "sgd: dampening of the momentum"),
      flag("optimizer.nesterov", DLCORE_FIELD(optimizer.nesterov), "sgd: Nesterov's momentum"),

      integer("self_critical.epochs", DLCORE_FIELD(self_critical.epochs), 0,
              "Passes over the training images after train.epochs, in which the model learns from the CIDEr "
              "of captions that it draws itself; train.best must not be loss then"),
      integer("self_critical.samples", DLCORE_FIELD(self_critical.samples), 2,
              "Captions drawn of each image, whose rewards are compared with each other", 1000),
      integer("self_critical.batch", DLCORE_FIELD(self_critical.batch), 1, "Images per optimiser step"),
      number("self_critical.rate", DLCORE_FIELD(self_critical.rate), 0, infinity,
             "What the learning rates are multiplied by in these epochs; their schedule begins anew"),
      number("self_critical.bleu4", DLCORE_FIELD(self_critical.bleu4), 0, infinity,
             "Weight of a caption's BLEU-4 that is added to its CIDEr, both of the order of 1"),
      number("self_critical.cross_entropy", DLCORE_FIELD(self_critical.cross_entropy), 0, infinity,
             "Weight of the cross-entropy of one of each image's own captions, drawn anew in every epoch, "
             "beside the self-critical loss"),

      {{"graph",
        "list of layers",
        {},
        "A network of one's own in place of a captioner (docs/networks.md), which is trained from inputs and "
        "targets in data.file; empty: a captioner"},
       [](Config& config, const YAML::Node& node) {
         config.graph = node.IsScalar() ? parse_graph(node.Scalar()) : read_graph(node);  // --set has text
       },
       [](const Config& config) { return to_yaml(config.graph); }},
  };
  for (auto& entry : entries) entry.key.initial = entry.write(Config{});
  return entries;
}

#undef DLCORE_FIELD

}  // namespace

const std::vector<ConfigEntry>& config_entries() {
  static const std::vector<ConfigEntry> entries = make_entries();
  return entries;
}

}  // namespace dlcore
