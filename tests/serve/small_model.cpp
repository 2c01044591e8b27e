#include "tests/serve/small_model.h"

#include "models/model_file.h"

namespace dlcore::test {

void write_small_model(const std::string& path) {
  std::vector<std::string> words{"<NULL>", "<START>", "<END>", "<UNK>"};
  for (int i = 0; i < 60; ++i) words.push_back("word" + std::to_string(i));
  const Device device = Device::cpu();
  Encoder encoder({.name = "regnet_x_400mf", .image_size = 32, .pool = "vector"}, DType::float32, device);
  encoder.initialize(1);
  CaptioningRNN captioner({.feature_shape = encoder.feature_shape(),
                           .vocabulary_size = static_cast<std::int64_t>(words.size()),
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
  save_model(path, captioner, &encoder, Vocabulary(words), R"({"fit": "crop"})");
}

}  // namespace dlcore::test
