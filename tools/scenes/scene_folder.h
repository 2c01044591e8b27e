// Scenes as a user's own pictures would come: folders of picture files, and captions in COCO's format.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "tools/scenes/scenes.h"

namespace dlcore {

struct SceneFolderOptions {
  std::string folder;
  std::int64_t count = 4000;
  std::uint64_t seed = 1;
  std::int64_t side = 128;     // pixels, 32 to 1024
  std::string format = "jpg";  // or "png"
  int most_objects = most_scene_objects;
  std::function<void(std::int64_t done)> progress;
};

/// Writes train/ and val/ with a picture of each scene, scene_000017.jpg, and train.json and val.json:
///
///     {"info": {"description": "dlcore scenes", "seed": 1, "count": 4000, "most_objects": 3},
///      "images": [{"id": 17, "file_name": "scene_000017.jpg", "width": 128, "height": 128, "scene": {...}},
///      ...], "annotations": [{"id": 85, "image_id": 17, "caption": "a red circle above a square"}, ...]}
///
/// `scene` is the ground truth, as scene_to_json writes it; five captions each; is_validation_scene divides.
/// Equal options give equal files. The folder is made under another name and renamed when it is complete; an
/// earlier folder of scenes is replaced. Error for a folder that holds anything else, and for impossible
/// options.
void write_scene_folder(const SceneFolderOptions& options);

/// The ground truth in a JSON file of write_scene_folder's.
struct SceneAnnotations {
  std::vector<Scene> scenes;
  std::vector<std::int64_t> image_ids;
  std::vector<std::string> file_names;
};

/// Error for a file that is not such a one, or has no scenes.
SceneAnnotations read_scene_annotations(const std::string& path);

}  // namespace dlcore
