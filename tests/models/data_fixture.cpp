#include "tests/models/data_fixture.h"

#include "core/random.h"
#include "io/data_file.h"

namespace dlcore::test {

Vocabulary TinyData::vocabulary() {
  return Vocabulary(
      {"<NULL>", "<START>", "<END>", "<UNK>", "a", "the", "thing", "here", "red", "green", "blue", "white"});
}

void TinyData::write(const std::string& path) const {
  const Vocabulary words = vocabulary();
  DataFileWriter writer(path, words,
                        {.feature_shape = feature_shape,
                         .element = Hdf5Element::float32,
                         .caption_length = 7,
                         .features_description = R"({"kind": "tiny"})",
                         .creator = "test"});
  Random random(4);
  const auto channels = static_cast<std::size_t>(feature_shape[0]);
  std::vector<float> features(static_cast<std::size_t>(feature_shape.numel()));
  std::int64_t id = 100;
  for (const std::string split : {"train", "val"}) {
    const std::int64_t count = split == "train" ? train_images : val_images;
    for (std::int64_t i = 0; i < count; ++i, ++id) {
      const auto colour = static_cast<std::size_t>(i % 4);
      const std::size_t spatial = features.size() / channels;
      for (std::size_t k = 0; k < features.size(); ++k)
        features[k] = static_cast<float>((k / spatial == colour ? 2 : 0) + 0.1 * random.normal());
      const std::int64_t row = writer.add_image(split, features, id, "image_" + std::to_string(id));
      const std::string& name = words.words()[8 + colour];
      writer.add_caption(split, row, words.encode("a " + name));
      writer.add_caption(split, row, words.encode("the " + name + " thing here"));
    }
  }
  writer.finish();
}

}  // namespace dlcore::test
