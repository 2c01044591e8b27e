#include "tests/serve/small_model.h"

#include "core/random.h"
#include "io/atomic_file.h"
#include "io/data_file.h"
#include "models/model_file.h"

namespace dlcore::test {
namespace {

Vocabulary small_vocabulary() {
  std::vector<std::string> words{"<NULL>", "<START>", "<END>", "<UNK>"};
  for (int i = 0; i < 60; ++i) words.push_back("word" + std::to_string(i));
  return Vocabulary(words);
}

}  // namespace

void write_small_model(const std::string& path) {
  const Vocabulary vocabulary = small_vocabulary();
  const Device device = Device::cpu();
  Encoder encoder({.name = "regnet_x_400mf", .image_size = 32, .pool = "vector"}, DType::float32, device);
  encoder.initialize(1);
  CaptioningRNN captioner({.feature_shape = encoder.feature_shape(),
                           .vocabulary_size = vocabulary.size(),
                           .wordvec_dim = 16,
                           .hidden_dim = 32},
                          DType::float32, device);
  captioner.initialize(2);
  const auto scale = [&](const std::string& name, double factor) {
    const Tensor& values = captioner.parameters().find(name).value;
    for (std::int64_t i = 0; i < values.numel(); ++i) values.data<float>()[i] *= static_cast<float>(factor);
  };
  scale("project.weight", 8);  // what a picture does to the first state
  scale("embed.weight", 8);
  scale("cell.Wh", 3);
  scale("score.weight", 8);  // how sure of a word the model is
  save_model(path, captioner, &encoder, vocabulary, R"({"fit": "crop"})");
}

std::string write_small_training(const std::string& folder) {
  const std::string data = folder + "/training.h5", config = folder + "/training.yaml";
  constexpr std::int64_t side = 35;  // of which the encoder takes the middle
  DataFileWriter writer(data, small_vocabulary(),
                        {.feature_shape = {}, .caption_length = 8, .creator = "test", .image_size = side});
  Random random(3);
  for (int i = 0; i < 90; ++i) {
    std::vector<std::uint8_t> pixels;
    const std::int64_t colour[] = {random.below(200), random.below(200), random.below(200)};
    for (std::int64_t k = 0; k < side * side * 3; ++k)
      pixels.push_back(static_cast<std::uint8_t>(colour[k % 3] + random.below(50)));
    const std::int64_t row = writer.add_image("train", {}, i, "picture" + std::to_string(i), pixels);
    for (int c = 0; c < 2; ++c) {
      std::vector<std::int32_t> words{1};
      for (std::int64_t w = 3 + random.below(3); w > 0; --w)
        words.push_back(static_cast<std::int32_t>(4 + random.below(60)));
      words.push_back(2);
      writer.add_caption("train", row, words);
    }
  }
  writer.finish();
  write_file_atomically(
      config, "model: {encoder: regnet_x_400mf, pool: vector}\ndata: {file: " + data + ", crop: 32}\n");
  return config;
}

}  // namespace dlcore::test
