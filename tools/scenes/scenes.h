// The built-in data: pictures of coloured shapes, drawn from a seed.
//
// A scene is a 16x16 RGB picture with one to three objects that do not overlap, on a dark or a grey
// background. Everything about a scene follows from (seed, index), so that equal seeds give equal files on
// every machine.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace dlcore {

inline constexpr int scene_side = 16;  // pixels
inline constexpr int scene_channels = 3;
inline constexpr int scene_values = scene_channels * scene_side * scene_side;

enum class SceneShape : unsigned char { circle, square, triangle, cross };
enum class SceneColour : unsigned char { red, green, blue, yellow, orange, purple, cyan, white };
enum class SceneSize : unsigned char { small, large };
enum class SceneBackground : unsigned char { dark, grey };

const std::vector<std::string>& scene_shape_names();  // in the order of the enumerations
const std::vector<std::string>& scene_colour_names();
const std::vector<std::string>& scene_size_names();
const std::vector<std::string>& scene_background_names();

struct SceneObject {
  SceneShape shape;
  SceneColour colour;
  SceneSize size;
  double x;  // centre in pixels, from the left and from the top: 0 to 16
  double y;

  double width() const { return size == SceneSize::small ? 5 : 7; }  // pixels, and height
  friend bool operator==(const SceneObject&, const SceneObject&) = default;
};

struct Scene {
  std::uint64_t seed = 0;
  std::int64_t index = 0;
  SceneBackground background = SceneBackground::dark;
  std::vector<SceneObject> objects;  // no two of the same colour and shape

  friend bool operator==(const Scene&, const Scene&) = default;
};

/// `count` different scenes: no two have the same objects at the same places on the same background.
std::vector<Scene> draw_scenes(std::int64_t count, std::uint64_t seed);

/// The picture (3, 16, 16), red, green, blue, in 0..1 in steps of 1/255: shades, a little noise, soft edges.
std::vector<float> paint_scene(const Scene& scene);

/// {"seed": 1, "index": 17, "background": "dark", "objects": [{"shape": "circle", "colour": "red", "size":
/// "large", "x": 4.5, "y": 8.0, "width": 7.0}, ...]}
std::string scene_to_json(const Scene& scene);
/// Error for anything else; `where` names the source.
Scene scene_from_json(std::string_view text, std::string_view where);

}  // namespace dlcore
