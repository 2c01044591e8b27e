// Scenes as a dlcore data file (io/FORMAT.md), with thumbnails as features.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tools/scenes/scenes.h"

namespace dlcore {

/// Writes `count` scenes: every tenth goes to val (of fewer than ten, the last), the others to train; no
/// scene is in both. Features: the picture itself, (3, 16, 16) float16; five captions each; image id: the
/// scene's index; file name: "scene_000017"; and per split a text dataset `ground_truth` with scene_to_json
/// of each image row. The vocabulary has the words of the train captions by falling frequency, after <NULL>
/// <START> <END> <UNK>. The file is there as a whole or not at all. Error when count < 2 or the file cannot
/// be written.
void write_scenes(const std::string& path, std::int64_t count, std::uint64_t seed);

/// The ground truth of a split, one scene for each image row.
std::vector<Scene> read_scenes(const std::string& path, const std::string& split);

}  // namespace dlcore
