#include "tools/scenes/scene_json.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "core/error.h"
#include "io/json_text.h"

namespace dlcore {

namespace {

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

nlohmann::json scene_to_json(const Scene& scene) {
  nlohmann::json objects = nlohmann::json::array();
  for (const SceneObject& object : scene.objects)
    objects.push_back({{"shape", scene_shape_names()[static_cast<std::size_t>(object.shape)]},
                       {"colour", scene_colour_names()[static_cast<std::size_t>(object.colour)]},
                       {"size", scene_size_names()[static_cast<std::size_t>(object.size)]},
                       {"x", object.x},
                       {"y", object.y},
                       {"width", object.width},
                       {"angle", object.angle}});
  return {{"seed", scene.seed},
          {"index", static_cast<std::uint64_t>(scene.index)},
          {"background", scene_background_names()[static_cast<std::size_t>(scene.background)]},
          {"objects", std::move(objects)}};
}

Scene scene_from_json(const nlohmann::json& json, std::string_view where) {
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
         number(object, "x", where), number(object, "y", where), number(object, "width", where),
         number(object, "angle", where)});
  }
  return scene;
}

}  // namespace dlcore
