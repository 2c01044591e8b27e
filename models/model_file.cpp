#include "models/model_file.h"

#include <nlohmann/json.hpp>

#include "core/format.h"
#include "io/json_text.h"
#include "io/safetensors.h"

namespace dlcore {
namespace {

constexpr const char* format_name = "dlcore captioner";
constexpr const char* format_version = "1";

nlohmann::json to_json(const CaptionerConfig& config) {
  return {{"cell", config.cell},
          {"initial_activation", config.initial_activation},
          {"feature_shape", std::vector<std::int64_t>(config.feature_shape.sizes().begin(),
                                                      config.feature_shape.sizes().end())},
          {"vocabulary_size", config.vocabulary_size},
          {"wordvec_dim", config.wordvec_dim},
          {"hidden_dim", config.hidden_dim},
          {"dropout", config.dropout},
          {"embed_dropout", config.of_embedding()},
          {"output_dropout", config.of_output()},
          {"state_dropout", config.state_dropout},
          {"standardize", config.standardize},
          {"null_index", config.null_index},
          {"start_index", config.start_index},
          {"end_index", config.end_index}};
}

nlohmann::json to_json(const EncoderConfig& config) {
  return {{"name", config.name},
          {"size", config.image_size},
          {"level", config.level},
          {"pool", config.pool},
          {"normalize", config.normalize}};
}

EncoderConfig encoder_from_json(const std::string& path, const std::string& text) {
  EncoderConfig config;
  try {
    const auto json = parse_json(text, "it");
    config.name = json.at("name").get<std::string>();
    config.image_size = json_integer<std::int64_t>(json.at("size"), "size");
    config.level = json.value("level", config.level);
    config.pool = json.at("pool").get<std::string>();
    config.normalize = json.at("normalize").get<bool>();
  } catch (const std::exception& error) {
    fail("{}: the encoder's configuration cannot be read: {}", path, json_reason(error));
  }
  require(config.image_size > 0 && config.image_size <= 4096,
          "{}: the encoder takes pictures of {} pixels a side, expected 1 to 4096", path, config.image_size);
  return config;
}

CaptionerConfig config_from_json(const std::string& path, const std::string& text) {
  CaptionerConfig config;
  try {
    const auto json = parse_json(text, "it");
    config.cell = json.at("cell").get<std::string>();
    config.initial_activation = json.value("initial_activation", config.initial_activation);
    config.feature_shape = Shape(json_integers(json.at("feature_shape"), "feature_shape"));
    config.vocabulary_size = json_integer<std::int64_t>(json.at("vocabulary_size"), "vocabulary_size");
    config.wordvec_dim = json_integer<std::int64_t>(json.at("wordvec_dim"), "wordvec_dim");
    config.hidden_dim = json_integer<std::int64_t>(json.at("hidden_dim"), "hidden_dim");
    config.dropout = json.at("dropout").get<double>();
    config.embed_dropout = json.value("embed_dropout", config.dropout);
    config.output_dropout = json.value("output_dropout", config.dropout);
    config.state_dropout = json.value("state_dropout", config.state_dropout);
    config.standardize = json.at("standardize").get<bool>();
    config.null_index = json_integer<std::int32_t>(json.at("null_index"), "null_index");
    config.start_index = json_integer<std::int32_t>(json.at("start_index"), "start_index");
    config.end_index = json_integer<std::int32_t>(json.at("end_index"), "end_index");
  } catch (const std::exception& error) {
    fail("{}: the model's configuration cannot be read: {}", path, json_reason(error));
  }
  return config;
}

// The configuration's sizes are those of tensors that are there: else a small file could ask for any amount
// of memory.
void check_sizes(const SafetensorsReader& file, const CaptionerConfig& config) {
  const auto check = [&](const char* name, std::int64_t rows, std::int64_t cols, bool several) {
    const Shape shape = file.shape(name);
    const bool right = shape.rank() == 2 && shape[0] == rows &&
                       (several ? shape[1] >= cols && shape[1] % cols == 0 : shape[1] == cols);
    require(right, "{}: tensor '{}' has shape {}, but the configuration needs {}", file.path(), name, shape,
            several ? fmt::format("[{}, a multiple of {}]", rows, cols) : to_string(Shape{rows, cols}));
  };
  require(config.wordvec_dim > 0 && config.hidden_dim > 0,
          "{}: the configuration's sizes must be positive, not {} and {}", file.path(), config.wordvec_dim,
          config.hidden_dim);
  check("project.weight", config.feature_size(), config.hidden_dim, false);
  check("embed.weight", config.vocabulary_size, config.wordvec_dim, false);
  check("cell.Wx", config.wordvec_dim, config.hidden_dim, true);
  check("cell.Wh", config.hidden_dim, config.hidden_dim, true);
}

}  // namespace

void save_model(const std::string& path, const CaptioningRNN& captioner, const Encoder* encoder,
                const Vocabulary& vocabulary, const std::string& features_description) {
  std::vector<NamedTensor> tensors;
  for (const auto& [name, parameter] : captioner.parameters().entries())
    tensors.push_back({name, parameter->value});
  std::map<std::string, std::string> metadata{{"format", format_name},
                                              {"version", format_version},
                                              {"config", to_json(captioner.config()).dump()},
                                              {"vocabulary", vocabulary.to_json()},
                                              {"features", features_description}};
  if (encoder != nullptr) {
    for (const auto& [name, parameter] : encoder->parameters().entries())
      tensors.push_back({std::string(encoder_prefix) + name, parameter->value});
    metadata["encoder"] = to_json(encoder->config()).dump();
  }
  write_safetensors(path, tensors, metadata);
}

CaptionModel load_model(const std::string& path, Device device) {
  const SafetensorsReader file(path);
  const auto format = file.metadata().find("format");
  require(format != file.metadata().end() && format->second == format_name,
          "{}: not a dlcore captioner: its metadata should have format = \"{}\"", path, format_name);
  require(file.metadata("version") == format_version, "{}: expected model format version {}, not {}", path,
          format_version, file.metadata("version"));
  const CaptionerConfig config = config_from_json(path, file.metadata("config"));
  Vocabulary vocabulary = Vocabulary::from_json(file.metadata("vocabulary"), path);
  require(vocabulary.size() == config.vocabulary_size,
          "{}: the vocabulary has {} words, but the model was made for {}", path, vocabulary.size(),
          config.vocabulary_size);
  for (const auto index : {config.null_index, config.start_index, config.end_index})
    require(index >= 0 && index < vocabulary.size(),
            "{}: the special word {} is outside the vocabulary of {}", path, index, vocabulary.size());
  check_sizes(file, config);
  const DType type = file.read("score.bias").dtype();
  require(is_floating(type), "{}: the weights are {}, expected a floating-point type", path, type);
  std::unique_ptr<CaptioningRNN> captioner;
  try {
    captioner = std::make_unique<CaptioningRNN>(config, type, device);
  } catch (const Error& error) {
    fail("{}: {}", path, error.what());
  }
  const auto read = [&](const ParameterSet& parameters, const std::string& prefix) {
    for (const auto& [name, parameter] : parameters.entries()) {
      const Tensor stored = file.read(prefix + name);
      require(stored.shape() == parameter->shape,
              "{}: tensor '{}' has shape {}, but the configuration needs {}", path, prefix + name,
              stored.shape(), parameter->shape);
      copy(Stream(device), stored.to(parameter->value.dtype()).to(device), parameter->value);
    }
  };
  read(captioner->parameters(), "");
  std::unique_ptr<Encoder> encoder;
  if (file.metadata().contains("encoder")) {
    const EncoderConfig encoder_config = encoder_from_json(path, file.metadata("encoder"));
    try {
      encoder = std::make_unique<Encoder>(encoder_config, type, device);
    } catch (const Error& error) {
      fail("{}: {}", path, error.what());
    }
    require(encoder->feature_shape() == config.feature_shape,
            "{}: the encoder makes features {}, but the captioner reads {}", path, encoder->feature_shape(),
            config.feature_shape);
    read(encoder->parameters(), encoder_prefix);
  }
  return {std::move(captioner), std::move(encoder), std::move(vocabulary), file.metadata("features")};
}

}  // namespace dlcore
