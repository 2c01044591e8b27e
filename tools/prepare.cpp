// dlcore_prepare: makes data files, and shows what is in the built-in ones.
#include <fmt/format.h>

#include <string>

#include "core/format.h"
#include "tools/coco_command.h"
#include "tools/example_commands.h"
#include "tools/progress.h"
#include "tools/run_tool.h"
#include "tools/scenes/scene_file.h"
#include "tools/scenes/scene_folder.h"
#include "tools/show_scenes.h"

namespace {

void prepare_scenes(dlcore::SceneFolderOptions options, bool pictures_described) {
  if (options.folder.ends_with(".h5")) {
    dlcore::require(!pictures_described,
                    "--size, --format and --objects are of pictures, but {} is an HDF5 file: name a folder",
                    options.folder);
    dlcore::write_scenes(options.folder, options.count, options.seed);
    fmt::print("{}: {} scenes, five captions each, 16x16 RGB thumbnails as features\n", options.folder,
               options.count);
    return;
  }
  dlcore::Progress progress;
  options.progress = [&](std::int64_t done) { progress.show(done, options.count, "pictures"); };
  dlcore::write_scene_folder(options);
  progress.line(fmt::format("{}: {} pictures of {} x {} pixels, five captions each, in train and val",
                            options.folder, dlcore::readable_count(options.count), options.side,
                            options.side));
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Makes data files for dlcore_train and dlcore_caption.", "dlcore_prepare");
  app.require_subcommand(1);
  dlcore::SceneFolderOptions scenes;
  CLI::App* scenes_command = app.add_subcommand(
      "scenes", "The built-in data: drawn scenes of coloured shapes, with captions and ground truth");
  scenes_command
      ->add_option(
          "--out", scenes.folder,
          "Folder to write: train/, val/ and their captions in COCO's format. NAME.h5: a data file with "
          "thumbnails as features")
      ->required();
  scenes_command->add_option("--count", scenes.count, "Scenes; every tenth is for validation")
      ->capture_default_str();
  scenes_command->add_option("--seed", scenes.seed, "Equal seeds give equal files")->capture_default_str();
  const CLI::Option* size =
      scenes_command->add_option("--size", scenes.side, "Pixels of a picture's side")->capture_default_str();
  const CLI::Option* format = scenes_command->add_option("--format", scenes.format, "Of the pictures")
                                  ->check(CLI::IsMember({"jpg", "png"}))
                                  ->capture_default_str();
  const CLI::Option* objects =
      scenes_command
          ->add_option("--objects", scenes.most_objects,
                       "At most so many in a scene; with 1, what an encoder can learn first")
          ->check(CLI::Range(1, dlcore::most_scene_objects))
          ->capture_default_str();

  dlcore::CocoCommand coco;
  const CLI::App* coco_command = dlcore::add_coco_command(app, coco);

  dlcore::ExampleCommands examples;
  dlcore::add_example_commands(app, examples);

  dlcore::ShowScenesOptions show;
  CLI::App* show_command = app.add_subcommand(
      "show", "Shows scenes with a model's captions, and how many of the captions are true");
  CLI::Option_group* source = show_command->add_option_group("scenes", "One of these");
  source->require_option(1);
  source->add_option("--annotations", show.annotations, "val.json that `scenes` wrote");
  CLI::Option* file = source->add_option("--file", show.file, "Data file that `scenes` wrote");
  show_command->add_option("--captions", show.captions, "What dlcore_caption --out wrote for it")->required();
  show_command->add_option("--split", show.split, "Split of the data file that was captioned")
      ->needs(file)
      ->capture_default_str();
  show_command->add_option("--limit", show.limit, "Scenes to draw; all captions are counted")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  show_command
      ->add_option("--require", show.required,
                   "Fail unless so many percent of the captions are true and speak of two objects where "
                   "there are two, "
                   "and fewer with the next picture")
      ->check(CLI::Range(0, 100));
  show_command
      ->add_option("--picture", show.picture,
                   "colour: blocks for a terminal with 24-bit colour; words; or auto")
      ->check(CLI::IsMember({"auto", "colour", "words"}))
      ->capture_default_str();
  return dlcore::run_tool(app, argc, argv, [&] {
    if (*scenes_command) prepare_scenes(scenes, *size || *format || *objects);
    if (*coco_command) dlcore::run_coco_command(coco);
    dlcore::run_example_commands(examples);
    if (*show_command) dlcore::show_scenes(show);
  });
}
