#include "tools/coco_command.h"

#include <fmt/format.h>

#include "models/encoder.h"
#include "models/regnet.h"
#include "tools/device_option.h"
#include "tools/plugin_option.h"

namespace dlcore {

CLI::App* add_coco_command(CLI::App& app, CocoCommand& command) {
  CocoOptions& options = command.options;
  std::vector<std::string> pools = encoder_pools();
  pools.insert(pools.begin(), "none");
  CLI::App* coco =
      app.add_subcommand("coco", "Captioned pictures: COCO, Karpathy's splits, Flickr, your own");
  coco->add_option(
          "--annotations", options.source.annotations,
          "COCO's captions JSON, Karpathy's dataset_*.json, or a table of file and caption (CSV, TSV)")
      ->required();
  coco->add_option("--images", options.source.images, "Folder with the pictures")->required();
  coco->add_option("--val-annotations", options.source.val_annotations,
                   "The same for validation; without, the annotations' own splits, or a share of them");
  coco->add_option("--val-images", options.source.val_images,
                   "Folder with those pictures; without, that of --images");
  coco->add_option("--val-share", options.source.val_share,
                   "Share of the pictures that is for validation where nothing else says which")
      ->check(CLI::Range(0.0, 0.9))
      ->capture_default_str();
  coco->add_option("--out", options.out,
                   "HDF5 file to write (io/FORMAT.md); an interrupted run goes on in OUT.partial")
      ->required();
  coco->add_option(
      "--encoder", command.encoder.name,
      "Makes features of the pictures: regnet_x_400mf ... regnet_y_32gf; without, none are written");
  coco->add_option("--weights", command.encoder.weights,
                   "The encoder's weights, .safetensors or PyTorch's .pth; without, random ones");
  coco->add_option(
          "--level", command.encoder.level,
          "Where the encoder ends: the grid's side is a 4th (c2), 8th, 16th or 32nd (c5) of the picture's")
      ->check(CLI::IsMember(regnet_levels()))
      ->capture_default_str();
  coco->add_option("--size", command.encoder.size, "Side of the pictures that the encoder sees, in pixels")
      ->check(CLI::Range(32, 1024))
      ->capture_default_str();
  coco->add_option("--pool", command.encoder.pool,
                   "Features: vector, averaged over the picture; 2x2, 3x3, 4x4, averaged over the cells of a "
                   "grid; grid, "
                   "one for each place; none. Default: vector with --encoder, none without")
      ->check(CLI::IsMember(pools));
  coco->add_option("--store-images", options.store_images,
                   "Also stores the pictures, with this side in pixels; 0: does not")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str();
  coco->add_option("--fit", command.fit, "How a picture becomes square: crop its middle, or squash it")
      ->check(CLI::IsMember({"crop", "squash"}))
      ->capture_default_str();
  coco->add_option("--min-count", options.min_count,
                   "Words with fewer uses in the training captions become <UNK>")
      ->check(CLI::Range(1, 1000000))
      ->capture_default_str();
  coco->add_option("--max-words", options.max_words, "Longer captions are cut")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  coco->add_flag("--float32", options.float32, "Features in 32 bits instead of 16");
  coco->add_option("--threads", options.threads, "Threads that read pictures; 0: one for each processor")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str();
  add_device_option(*coco, command.encoder.device);
  add_plugin_option(*coco);
  coco->add_flag("--restart", options.restart, "Throws away what an interrupted run left, and begins anew");
  return coco;
}

void run_coco_command(CocoCommand& command) {
  command.options.fit = command.encoder.fit = image_fit_from_name(command.fit);
  const auto encoder = make_encoder(command.encoder);
  const PrepareReport report = prepare_coco(command.options, encoder.get());
  write_dropped(report, command.options.out);
  fmt::print("{}", describe(report, command.options.out));
}

}  // namespace dlcore
