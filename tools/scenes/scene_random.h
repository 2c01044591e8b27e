// The random numbers of a scene, one independent sequence for each use. Internal to scenes.
#pragma once

#include "core/random.h"
#include "tools/scenes/scenes.h"

namespace dlcore {

enum class SceneUse : unsigned char { objects, picture };

Random scene_random(const Scene& scene, SceneUse use);

}  // namespace dlcore
