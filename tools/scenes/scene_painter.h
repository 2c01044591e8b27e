// Scenes as pictures.
#pragma once

#include "io/image.h"
#include "tools/scenes/scenes.h"

namespace dlcore {

/// The picture of a scene, side x side pixels: smooth edges, tints of each colour, light from above, soft
/// shadows, a plain, shaded, cloudy, striped or chequered background, and a little noise.
Image paint_scene(const Scene& scene, std::int64_t side);

}  // namespace dlcore
