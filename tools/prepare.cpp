// dlcore_prepare: makes data files.
#include <fmt/format.h>

#include <string>

#include "tools/run_tool.h"
#include "tools/scenes/scene_file.h"

namespace {

struct SceneOptions {
  std::string out;
  std::int64_t count = 4000;
  std::uint64_t seed = 1;
};

void prepare_scenes(const SceneOptions& options) {
  dlcore::write_scenes(options.out, options.count, options.seed);
  fmt::print("{}: {} scenes, five captions each, 16x16 RGB thumbnails as features\n", options.out,
             options.count);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Makes data files for dlcore_train and dlcore_caption.", "dlcore_prepare");
  app.require_subcommand(1);
  SceneOptions scenes;
  CLI::App* scenes_command = app.add_subcommand(
      "scenes", "The built-in data: drawn scenes of coloured shapes, with captions and ground truth");
  scenes_command->add_option("--out", scenes.out, "HDF5 file to write (io/FORMAT.md)")->required();
  scenes_command->add_option("--count", scenes.count, "Scenes; every tenth is for validation")
      ->capture_default_str();
  scenes_command->add_option("--seed", scenes.seed, "Equal seeds give equal files")->capture_default_str();
  return dlcore::run_tool(app, argc, argv, [&] {
    if (*scenes_command) prepare_scenes(scenes);
  });
}
