// Scenes as JSON: the ground truth of the built-in data.
#pragma once

#include <nlohmann/json.hpp>
#include <string_view>

#include "tools/scenes/scenes.h"

namespace dlcore {

/// {"seed": 1, "index": 17, "background": "dark", "objects": [{"shape": "circle", "colour": "red", "size":
/// "large", "x": 0.25, "y": 0.5, "width": 0.4, "angle": 0.0}, ...]}
nlohmann::json scene_to_json(const Scene& scene);

/// Error for anything else; `where` names the source.
Scene scene_from_json(const nlohmann::json& json, std::string_view where);

}  // namespace dlcore
