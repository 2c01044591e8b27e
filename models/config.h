// The configuration of a training run, as a YAML file and --set options give it. docs/configuration.md
// documents every key; a test holds that page and the table of keys together.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "models/graph_config.h"
#include "models/optimizer.h"
#include "models/schedule.h"
#include "models/scheduled_sampling.h"
#include "models/self_critical.h"

namespace dlcore {

struct Config {
  struct Model {
    std::string cell = "lstm";
    std::string initial_activation;
    std::int64_t wordvec_dim = 256;
    std::int64_t hidden_dim = 512;
    double dropout = 0;
    double embed_dropout = -1;   // -1: dropout
    double output_dropout = -1;  // -1: dropout
    double state_dropout = 0;
    double feature_dropout = 0;
    bool standardize = false;
    std::string encoder;  // of encoder_names(); empty: features come from the data
    std::string encoder_weights;
    std::string level = "c5";
    std::string pool = "grid";
    bool normalize_features = false;
    std::string batch_norm = "batch";
    std::string weights;
  } model;

  struct Data {
    std::string root = ".";
    std::string file;         // dlcore's own layout; otherwise the files of CS231n below
    std::string annotations;  // where `file` is not there, it is made from these
    std::string images;
    std::string val_annotations;
    std::string val_images;
    std::string photos;
    std::int64_t image_size = 128;
    std::int64_t min_count = 5;
    std::int64_t max_words = 15;
    std::string captions;
    std::string vocabulary;
    std::string train_features;
    std::string val_features;
    std::string train_urls;
    std::string val_urls;
    std::int64_t captions_per_image = 0;
    std::int64_t train_limit = 0;
    std::int64_t captions_sampled = 0;
    std::int64_t val_limit = 0;
    std::string validate_on = "val";
    std::int64_t cache_mib = 64;
    std::int64_t crop = 0;
    bool flip = false;

    /// One of the paths above as seen from the working directory; an empty one stays empty.
    std::string located(const std::string& path) const;
  } data;

  struct Train {
    std::int64_t epochs = 10;
    std::int64_t batch = 250;
    bool shuffle = true;
    bool group_captions = false;
    bool drop_last = false;
    double clip_norm = 0;
    double clip_value = 0;
    std::int64_t accumulate = 1;
    double label_smoothing = 0;
    double average = 0;
    std::int64_t patience = 0;
    std::int64_t caption_images = 0;
    std::string best = "loss";
    bool report = true;
    bool tensorboard = true;
    std::int64_t gallery_images = 32;
    std::int64_t gallery_beam = 3;
    std::int64_t freeze_encoder_epochs = 0;
    std::int64_t checkpoint_every = 0;
    std::string not_finite = "stop";
    std::int64_t seed = 0;
    std::string precision = "float32";
    bool persistent_rnn = true;
    std::string out = "runs/captioner";
  } train;

  /// A network of one's own, trained from data.file (io/FORMAT.md, examples), in place of a captioner.
  GraphConfig graph;

  OptimizerConfig optimizer;
  double encoder_learning_rate = 1e-4;
  ScheduleConfig schedule;  // of both rates
  ScheduledSamplingConfig scheduled_sampling;
  SelfCriticalConfig self_critical;

  bool from_pictures() const { return !model.encoder.empty(); }
};

/// One key, for documentation and messages.
struct ConfigKey {
  std::string name;     // "model.cell"
  std::string type;     // "text", "integer", "number", "true or false", "list of layers"
  std::string initial;  // default, as YAML
  std::string meaning;  // one sentence, with the valid values
};
std::vector<ConfigKey> config_keys();

/// Reads a YAML file, then applies overrides "key=value" (as --set gives them) in order. Throws Error for a
/// file that is missing or is not YAML; for unknown keys (all of them, with their lines and the valid ones);
/// for a value of the wrong type or outside its range (with its line). A file has at most 256 KiB; while it
/// is read it takes up to 500 times that.
Config load_config(const std::string& path, const std::vector<std::string>& overrides);

/// The same from YAML text; `where` names it in messages.
Config parse_config(const std::string& text, const std::string& where,
                    const std::vector<std::string>& overrides);

/// The configuration as YAML that load_config reads back to the same values.
std::string dump_config(const Config& config);

/// Every key with its value, as YAML.
std::vector<std::pair<ConfigKey, std::string>> config_values(const Config& config);

/// docs/configuration.md's table.
std::string config_table();

}  // namespace dlcore
