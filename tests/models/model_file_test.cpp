// The model in one file.
#include "models/model_file.h"

#include <filesystem>
#include <functional>

#include "io/atomic_file.h"
#include "io/safetensors.h"
#include "tests/error_message.h"
#include "tests/models/data_fixture.h"

#include "core/random.h"
#include "tests/catch.h"

using namespace dlcore;
using namespace dlcore::test;

namespace {

CaptionerConfig small_config() {
  return {.cell = "lstm",
          .feature_shape = {4, 1, 2},
          .vocabulary_size = 12,
          .initial_activation = "Sigmoid",
          .wordvec_dim = 5,
          .hidden_dim = 6,
          .dropout = 0.25,
          .output_dropout = 0.5,
          .state_dropout = 0.125,
          .standardize = true};
}

struct Saved {
  explicit Saved(DType type = DType::float32) : captioner(small_config(), type, Device::cpu()) {
    captioner.initialize(3);
    save_model(path, captioner, nullptr, TinyData::vocabulary(), R"({"kind": "tiny"})");
  }

  // Writes the file again, changed.
  void rewrite(const std::function<void(std::map<std::string, Tensor>&, std::map<std::string, std::string>&)>&
                   change) const {
    const SafetensorsReader reader(path);
    std::map<std::string, Tensor> tensors;
    for (const auto& name : reader.names()) tensors[name] = reader.read(name);
    std::map<std::string, std::string> metadata = reader.metadata();
    change(tensors, metadata);
    std::vector<NamedTensor> list;
    for (const auto& [name, tensor] : tensors) list.push_back({name, tensor});
    write_safetensors(path, list, metadata);
  }

  TemporaryDirectory folder;
  std::string path = folder.file("model.safetensors");
  CaptioningRNN captioner;
};

using Metadata = std::map<std::string, std::string>;
using Stored = std::map<std::string, Tensor>;

std::string load_error(const std::function<void(Stored&, Metadata&)>& change) {
  const Saved saved;
  saved.rewrite(change);
  return error_of([&] { load_model(saved.path, Device::cpu()); });
}

void replace(std::string& text, const std::string& what, const std::string& by) {
  const auto at = text.find(what);
  REQUIRE(at != std::string::npos);
  text.replace(at, what.size(), by);
}

}  // namespace

TEST_CASE("model file: an encoder comes back as it was, wherever it ends") {
  const EncoderConfig config{
      .name = "regnet_x_800mf", .image_size = 48, .level = "c3", .pool = "vector", .normalize = true};
  Encoder encoder(config, DType::float32, Device::cpu());
  encoder.initialize(4);
  CaptionerConfig decoder = small_config();
  decoder.feature_shape = encoder.feature_shape();
  decoder.standardize = false;
  const CaptioningRNN captioner(decoder, DType::float32, Device::cpu());
  const TemporaryDirectory folder;
  const std::string path = folder.file("model.safetensors");
  save_model(path, captioner, &encoder, TinyData::vocabulary(), "");
  const CaptionModel loaded = load_model(path, Device::cpu());
  REQUIRE(loaded.encoder != nullptr);
  CHECK(loaded.encoder->config() == config);
  CHECK(loaded.encoder->checksum() == encoder.checksum());
}

TEST_CASE("model file: what is loaded is what was saved, and captions alike") {
  for (const DType type : {DType::float32, DType::float64, DType::bfloat16}) {
    const Saved saved(type);
    const CaptionModel model = load_model(saved.path, Device::cpu());
    CHECK(model.captioner->dtype() == type);
    CHECK(model.vocabulary == TinyData::vocabulary());
    CHECK(model.features_description == R"({"kind": "tiny"})");
    const CaptionerConfig& config = model.captioner->config();
    CHECK(config.cell == "lstm");
    CHECK(config.initial_activation == "Sigmoid");
    CHECK(config.feature_shape == Shape{4, 1, 2});
    CHECK(config.dropout == 0.25);
    CHECK(config.of_embedding() == 0.25);
    CHECK(config.of_output() == 0.5);
    CHECK(config.state_dropout == 0.125);
    CHECK(config.standardize);
    const auto& want = saved.captioner.parameters().entries();
    const auto& got = model.captioner->parameters().entries();
    REQUIRE(got.size() == want.size());
    for (std::size_t i = 0; i < got.size(); ++i) {
      CHECK(got[i].name == want[i].name);
      CHECK(got[i].parameter->value.to_vector<double>() == want[i].parameter->value.to_vector<double>());
    }
    Random random(1);
    const Tensor features({5, 8}, DType::float32);
    random.fill_normal(features, 2);
    const SampleOptions options{.max_length = 9, .fixed_length = true};
    CHECK(model.captioner->sample(Stream(), features, options) ==
          saved.captioner.sample(Stream(), features, options));
    CHECK(saved.folder.entries() == 1);
  }
}

TEST_CASE("model file: a GPU's model on the CPU and back") {
  if (cuda_device_count() == 0) DLCORE_SKIP("there is no GPU");
  const Saved saved;
  const CaptionModel on_gpu = load_model(saved.path, Device::cuda());
  const std::string second = saved.folder.file("second.safetensors");
  save_model(second, *on_gpu.captioner, nullptr, on_gpu.vocabulary, on_gpu.features_description);
  CHECK(read_file(second) == read_file(saved.path));
}

TEST_CASE("model file: what is refused, and how it is said") {
  CHECK(lacks(load_error([](Stored& tensors, Metadata&) { tensors.erase("cell.Wh"); }),
              {"model.safetensors", "cell.Wh"}) == "");
  CHECK(lacks(load_error([](Stored& tensors, Metadata&) { tensors.erase("score.bias"); }), {"score.bias"}) ==
        "");
  CHECK(lacks(load_error([](Stored& tensors, Metadata&) {
                tensors["project.weight"] = Tensor::zeros({6, 8}, DType::float32);
              }),
              {"model.safetensors", "'project.weight'", "[6, 8]", "[8, 6]"}) == "");
  CHECK(lacks(load_error([](Stored& tensors, Metadata&) {
                tensors["score.bias"] = Tensor::zeros({12}, DType::int32);
              }),
              {"int32", "floating"}) == "");
  CHECK(lacks(load_error(
                  [](Stored&, Metadata& metadata) { replace(metadata["vocabulary"], "\"thing\",", ""); }),
              {"model.safetensors"}) == "");
  CHECK(lacks(load_error([](Stored&, Metadata& metadata) {
                metadata["vocabulary"] = R"({"idx_to_word": ["<NULL>", "<START>", "<END>"]})";
              }),
              {"vocabulary has 3 words", "made for 12"}) == "");
  CHECK(lacks(load_error([](Stored&, Metadata& metadata) { metadata.erase("format"); }),
              {"model.safetensors", "not a dlcore captioner"}) == "");
  CHECK(lacks(load_error([](Stored&, Metadata& metadata) { metadata["version"] = "2"; }),
              {"version 1, not 2"}) == "");
  CHECK(lacks(load_error([](Stored&, Metadata& metadata) { metadata.erase("config"); }), {"config"}) == "");
  CHECK(lacks(load_error([](Stored&, Metadata& metadata) { metadata["config"] = "{}"; }),
              {"model.safetensors", "configuration cannot be read", "cell"}) == "");
  CHECK(lacks(load_error([](Stored&, Metadata& metadata) {
                replace(metadata["config"], "\"cell\":\"lstm\"", "\"cell\":\"gru\"");
              }),
              {"model.safetensors", "'gru'", "lstm, rnn"}) == "");
  CHECK(lacks(load_error([](Stored&, Metadata& metadata) {
                replace(metadata["config"], "\"hidden_dim\":6", "\"hidden_dim\":-6");
              }),
              {"model.safetensors", "positive"}) == "");
  CHECK(lacks(load_error([](Stored&, Metadata& metadata) {
                replace(metadata["config"], "\"hidden_dim\":6", "\"hidden_dim\":1000000000000");
              }),
              {"model.safetensors", "'project.weight'", "[8, 6]", "1000000000000"}) == "");
  // Sizes that memory has room for, so that nothing else would say so.
  for (const std::string size : {"wordvec_dim\":5", "hidden_dim\":6"})
    CHECK(lacks(load_error(
                    [&](Stored&, Metadata& metadata) { replace(metadata["config"], size, size + "00"); }),
                {"model.safetensors", ".weight'", "the configuration needs", "00]"}) == "");
  CHECK(lacks(load_error([](Stored&, Metadata& metadata) {
                replace(metadata["config"], "\"end_index\":2", "\"end_index\":12");
              }),
              {"special word 12", "vocabulary of 12"}) == "");
}

TEST_CASE("model file: files that are something else, missing or cut short") {
  const Saved saved;
  const std::string whole = read_file(saved.path);
  for (const std::size_t size : {std::size_t{0}, std::size_t{5}, std::size_t{100}, whole.size() - 1}) {
    write_file_atomically(saved.path, whole.substr(0, size));
    CHECK(lacks(error_of([&] { load_model(saved.path, Device::cpu()); }), {"model.safetensors"}) == "");
  }
  write_file_atomically(saved.path, std::string(500, 'x'));
  CHECK(lacks(error_of([&] { load_model(saved.path, Device::cpu()); }), {"model.safetensors"}) == "");
  CHECK(lacks(error_of([&] { load_model(saved.folder.file("none"), Device::cpu()); }), {"none"}) == "");
  CHECK(lacks(error_of([&] { load_model(saved.folder.path().string(), Device::cpu()); }),
              {saved.folder.path().string()}) == "");
}

TEST_CASE("model file: it cannot be written where there is no folder, and nothing is left") {
  const Saved saved;
  CHECK(lacks(error_of([&] {
                save_model(saved.folder.file("no/model.safetensors"), saved.captioner, nullptr,
                           TinyData::vocabulary(), "");
              }),
              {"no/model.safetensors"}) == "");
  CHECK(saved.folder.entries() == 1);
}
