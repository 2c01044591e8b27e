// Scenes as 16x16 pictures, which are their own features: for a captioner without an image encoder.
#pragma once

#include "tools/scenes/scenes.h"

namespace dlcore {

inline constexpr int thumbnail_side = 16;  // pixels
inline constexpr int thumbnail_channels = 3;
inline constexpr int thumbnail_values = thumbnail_channels * thumbnail_side * thumbnail_side;

/// `count` different scenes that suit so small a picture: objects at nine places that do not overlap, on a
/// dark or a grey background; no two have the same objects at the same places on the same background.
std::vector<Scene> draw_thumbnail_scenes(std::int64_t count, std::uint64_t seed);

/// The picture (3, 16, 16), red, green, blue, in 0..1 in steps of 1/255: shades, a little noise, soft edges.
std::vector<float> paint_thumbnail(const Scene& scene);

}  // namespace dlcore
