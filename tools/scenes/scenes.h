// The built-in data: pictures of coloured shapes, drawn from a seed, with captions and ground truth.
//
// A scene has one to three objects on a dark, grey or light background. Everything about it follows from
// (seed, index), so that equal seeds give equal pictures and sentences. Lengths are fractions of the
// picture's side; x runs from the left, y from the top.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace dlcore {

enum class SceneShape : unsigned char { circle, square, triangle, cross };
enum class SceneColour : unsigned char { red, green, blue, yellow, orange, purple, cyan, white };
enum class SceneSize : unsigned char { small, large };
enum class SceneBackground : unsigned char { dark, grey, light };

const std::vector<std::string>& scene_shape_names();  // in the order of the enumerations
const std::vector<std::string>& scene_colour_names();
const std::vector<std::string>& scene_size_names();
const std::vector<std::string>& scene_background_names();

inline constexpr int most_scene_objects = 3;

struct SceneObject {
  SceneShape shape;
  SceneColour colour;
  SceneSize size;
  double x;  // centre
  double y;
  double width;      // and height, before it is turned
  double angle = 0;  // by which it is turned clockwise, radians

  friend bool operator==(const SceneObject&, const SceneObject&) = default;
};

struct Scene {
  std::uint64_t seed = 0;
  std::int64_t index = 0;
  SceneBackground background = SceneBackground::dark;
  std::vector<SceneObject> objects;  // later ones lie on top; no two of the same colour and shape

  friend bool operator==(const Scene&, const Scene&) = default;
};

/// What a sentence can say of a scene can be seen in its picture: small and large differ clearly, no object
/// lies near the border between two places or is hidden by more than a fifth, and none touches another of its
/// colour or is white on a light background.
/// At most `most_objects` objects, 1 to 3.
Scene draw_scene(std::uint64_t seed, std::int64_t index, int most_objects = most_scene_objects);

/// Which of `count` scenes are for validation: every tenth; of fewer than ten, the last.
bool is_validation_scene(std::int64_t index, std::int64_t count);

}  // namespace dlcore
