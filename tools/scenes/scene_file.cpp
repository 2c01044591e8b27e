#include "tools/scenes/scene_file.h"

#include <algorithm>
#include <limits>
#include <map>
#include <utility>

#include "core/error.h"
#include "io/data_file.h"
#include "io/hdf5.h"
#include "io/json_text.h"
#include "tools/scenes/scene_captions.h"

namespace dlcore {

namespace {

bool in_val(std::int64_t index, std::int64_t count) {
  return index % 10 == 9 || (count < 10 && index == count - 1);
}

std::vector<std::string> split_words(const std::string& text) {
  std::vector<std::string> words;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    words.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return words;
}

Vocabulary train_vocabulary(const std::vector<Scene>& scenes, std::int64_t count) {
  std::map<std::string, std::int64_t> uses;
  for (const Scene& scene : scenes)
    if (!in_val(scene.index, count))
      for (const std::string& caption : scene_captions(scene))
        for (const std::string& word : split_words(caption)) ++uses[word];
  std::vector<std::pair<std::string, std::int64_t>> order(uses.begin(), uses.end());  // alphabetical
  std::stable_sort(order.begin(), order.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  std::vector<std::string> words{"<NULL>", "<START>", "<END>", "<UNK>"};
  for (auto& [word, number] : order) words.push_back(word);
  return Vocabulary(std::move(words), "the vocabulary of the scenes");
}

int index_of(const nlohmann::json& object, const char* key, const std::vector<std::string>& names,
             std::string_view where) {
  const auto value = object.find(key);
  if (value != object.end() && value->is_string()) {
    const auto found = std::find(names.begin(), names.end(), value->get<std::string>());
    if (found != names.end()) return static_cast<int>(found - names.begin());
  }
  fail("{}: {} should be one of {}, but is {}", where, key, fmt::join(names, ", "),
       value == object.end() ? "missing" : to_text(*value));
}

double number(const nlohmann::json& object, const char* key, std::string_view where) {
  const auto value = object.find(key);
  require(value != object.end() && value->is_number(), "{}: {} should be a number, but is {}", where, key,
          value == object.end() ? "missing" : to_text(*value));
  return value->get<double>();
}

std::uint64_t whole(const nlohmann::json& object, const char* key, std::string_view where) {
  const auto value = object.find(key);
  require(value != object.end() && value->is_number_unsigned(), "{}: {} should be a whole number, but is {}",
          where, key, value == object.end() ? "missing" : to_text(*value));
  return value->get<std::uint64_t>();
}

}  // namespace

std::string scene_to_json(const Scene& scene) {
  nlohmann::json objects = nlohmann::json::array();
  for (const SceneObject& object : scene.objects)
    objects.push_back({{"shape", scene_shape_names()[static_cast<std::size_t>(object.shape)]},
                       {"colour", scene_colour_names()[static_cast<std::size_t>(object.colour)]},
                       {"size", scene_size_names()[static_cast<std::size_t>(object.size)]},
                       {"x", object.x},
                       {"y", object.y},
                       {"width", object.width()}});
  return to_text({{"seed", scene.seed},
                  {"index", static_cast<std::uint64_t>(scene.index)},
                  {"background", scene_background_names()[static_cast<std::size_t>(scene.background)]},
                  {"objects", std::move(objects)}});
}

Scene scene_from_json(std::string_view text, std::string_view where) {
  const nlohmann::json json = parse_json(text, where);
  require(json.is_object() && json.contains("objects") && json["objects"].is_array(),
          "{} should be a JSON object with the list \"objects\"", where);
  Scene scene;
  scene.seed = whole(json, "seed", where);
  const std::uint64_t index = whole(json, "index", where);
  require(index <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()),
          "{}: the index {} is too large", where, index);
  scene.index = static_cast<std::int64_t>(index);
  scene.background =
      static_cast<SceneBackground>(index_of(json, "background", scene_background_names(), where));
  require(json["objects"].size() <= 3, "{} has {} objects, more than 3", where, json["objects"].size());
  for (const auto& object : json["objects"]) {
    require(object.is_object(), "{}: an object should be a JSON object, but is a JSON {}", where,
            object.type_name());
    scene.objects.push_back(
        {static_cast<SceneShape>(index_of(object, "shape", scene_shape_names(), where)),
         static_cast<SceneColour>(index_of(object, "colour", scene_colour_names(), where)),
         static_cast<SceneSize>(index_of(object, "size", scene_size_names(), where)),
         number(object, "x", where), number(object, "y", where)});
  }
  return scene;
}

void write_scenes(const std::string& path, std::int64_t count, std::uint64_t seed) {
  require(count >= 2, "{} scenes cannot be divided into train and val: at least 2 are needed", count);
  const std::vector<Scene> scenes = draw_scenes(count, seed);
  DataFileWriter::Options options;
  options.feature_shape = Shape{scene_channels, scene_side, scene_side};
  options.element = Hdf5Element::float16;
  options.caption_length = scene_caption_length;
  options.features_description = to_text({{"kind", "pixels"},
                                          {"source", "scenes"},
                                          {"shape", {scene_channels, scene_side, scene_side}},
                                          {"channels", "RGB"},
                                          {"range", {0, 1}},
                                          {"count", count},
                                          {"seed", seed}});
  options.creator = "dlcore scenes";
  const Vocabulary vocabulary = train_vocabulary(scenes, count);
  DataFileWriter writer(path, vocabulary, options);
  for (const Scene& scene : scenes) {
    const std::string split = in_val(scene.index, count) ? "val" : "train";
    const std::int64_t row =
        writer.add_image(split, paint_scene(scene), scene.index, fmt::format("scene_{:06}", scene.index));
    writer.add_text(split, "ground_truth", scene_to_json(scene));
    for (const std::string& caption : scene_captions(scene))
      writer.add_caption(split, row, vocabulary.encode(caption));
  }
  writer.finish();
}

std::vector<Scene> read_scenes(const std::string& path, const std::string& split) {
  const Hdf5Dataset truth = Hdf5File::open(path).dataset(split + "/ground_truth");
  std::vector<Scene> scenes;
  for (const std::string& text : truth.read_text())
    scenes.push_back(scene_from_json(text, fmt::format("row {} of {}", scenes.size(), truth.where())));
  return scenes;
}

}  // namespace dlcore
