// dlcore_prepare: makes data files, and shows what is in the built-in ones.
#include <fmt/format.h>

#include <string>

#include "tools/run_tool.h"
#include "tools/scenes/scene_file.h"
#include "tools/show_scenes.h"

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

  dlcore::ShowScenesOptions show;
  CLI::App* show_command = app.add_subcommand(
      "show", "Shows scenes with a model's captions, and how many of the captions are true");
  show_command->add_option("--file", show.file, "Data file that `scenes` wrote")->required();
  show_command->add_option("--captions", show.captions, "What dlcore_caption --out wrote for it")->required();
  show_command->add_option("--split", show.split, "Split that was captioned")->capture_default_str();
  show_command->add_option("--limit", show.limit, "Scenes to draw; all captions are counted")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  show_command
      ->add_option("--picture", show.picture,
                   "colour: blocks for a terminal with 24-bit colour; words; or auto")
      ->check(CLI::IsMember({"auto", "colour", "words"}))
      ->capture_default_str();
  return dlcore::run_tool(app, argc, argv, [&] {
    if (*scenes_command) prepare_scenes(scenes);
    if (*show_command) dlcore::show_scenes(show);
  });
}
