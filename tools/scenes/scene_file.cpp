#include "tools/scenes/scene_file.h"

#include <map>
#include <utility>

#include "core/error.h"
#include "io/caption_tokens.h"
#include "io/data_file.h"
#include "io/hdf5.h"
#include "io/json_text.h"
#include "tools/scenes/scene_captions.h"
#include "tools/scenes/scene_json.h"
#include "tools/scenes/thumbnails.h"

namespace dlcore {

namespace {

Vocabulary train_vocabulary(const std::vector<Scene>& scenes, std::int64_t count) {
  std::map<std::string, std::int64_t> uses;
  for (const Scene& scene : scenes)
    if (!is_validation_scene(scene.index, count))
      for (const std::string& caption : scene_captions(scene))
        for (const std::string_view word : split_words(caption)) ++uses[std::string(word)];
  return Vocabulary::from_uses(uses, 1, "the vocabulary of the scenes");
}

}  // namespace

void write_scenes(const std::string& path, std::int64_t count, std::uint64_t seed) {
  require(count >= 2, "{} scenes cannot be divided into train and val: at least 2 are needed", count);
  const std::vector<Scene> scenes = draw_thumbnail_scenes(count, seed);
  DataFileWriter::Options options;
  options.feature_shape = Shape{thumbnail_channels, thumbnail_side, thumbnail_side};
  options.element = Hdf5Element::float16;
  options.caption_length = scene_caption_length;
  options.features_description = to_text({{"kind", "pixels"},
                                          {"source", "scenes"},
                                          {"shape", {thumbnail_channels, thumbnail_side, thumbnail_side}},
                                          {"channels", "RGB"},
                                          {"range", {0, 1}},
                                          {"count", count},
                                          {"seed", seed}});
  options.creator = "dlcore scenes";
  const Vocabulary vocabulary = train_vocabulary(scenes, count);
  DataFileWriter writer(path, vocabulary, options);
  for (const Scene& scene : scenes) {
    const std::string split = is_validation_scene(scene.index, count) ? "val" : "train";
    const std::int64_t row =
        writer.add_image(split, paint_thumbnail(scene), scene.index, fmt::format("scene_{:06}", scene.index));
    writer.add_text(split, "ground_truth", to_text(scene_to_json(scene)));
    for (const std::string& caption : scene_captions(scene))
      writer.add_caption(split, row, vocabulary.encode(caption));
  }
  writer.finish();
}

std::vector<Scene> read_scenes(const std::string& path, const std::string& split) {
  const Hdf5Dataset truth = Hdf5File::open(path).dataset(split + "/ground_truth");
  std::vector<Scene> scenes;
  for (const std::string& text : truth.read_text()) {
    const std::string where = fmt::format("row {} of {}", scenes.size(), truth.where());
    scenes.push_back(scene_from_json(parse_json(text, where), where));
  }
  return scenes;
}

}  // namespace dlcore
