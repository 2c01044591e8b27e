#include "tools/example_commands.h"

#include <fmt/format.h>

#include "core/format.h"
#include "tools/progress.h"

namespace dlcore {

namespace {

constexpr const char* out_help = "HDF5 file to write (io/FORMAT.md, Examples)";

void add_share(CLI::App* command, double& share, std::uint64_t& seed) {
  command
      ->add_option("--val", share, "Share of each class that is for validation where nothing else says which")
      ->check(CLI::Range(0.0, 0.9))
      ->capture_default_str();
  command->add_option("--seed", seed, "Draws that share")->capture_default_str();
}

CLI::App* add_digits(CLI::App& app, DigitFileOptions& options) {
  CLI::App* digits =
      app.add_subcommand("digits", "Built-in data for a classifier: grey pictures of drawn digits");
  digits->add_option("--out", options.out, out_help)->required();
  digits->add_option("--count", options.count, "Digits; every tenth is for validation")
      ->capture_default_str();
  digits->add_option("--seed", options.seed, "Equal seeds give equal files")->capture_default_str();
  digits->add_option("--size", options.side, "Pixels of a picture's side")->capture_default_str();
  return digits;
}

CLI::App* add_classes(CLI::App& app, ClassesOptions& options, std::string& fit) {
  CLI::App* classes = app.add_subcommand("classes", "Pictures in one folder for each class");
  classes
      ->add_option(
          "folder", options.folder,
          "Folder with a folder of JPEG and PNG files for each class, or with train/ and val/ above them")
      ->required();
  classes->add_option("--out", options.out, out_help)->required();
  classes->add_option("--size", options.size, "Pixels of a picture's side")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  classes->add_option("--fit", fit, "How a picture becomes square: crop its middle, or squash it")
      ->check(CLI::IsMember({"crop", "squash"}))
      ->capture_default_str();
  add_share(classes, options.val_share, options.seed);
  classes->add_option("--threads", options.threads, "Threads that read pictures; 0: one for each processor")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str();
  return classes;
}

CLI::App* add_idx(CLI::App& app, IdxOptions& options) {
  CLI::App* idx = app.add_subcommand("idx", "MNIST's IDX files, and those of its successors; gzip'd or not");
  idx->add_option("--images", options.images, "Pictures: train-images-idx3-ubyte.gz")->required();
  idx->add_option("--labels", options.labels, "Their classes: train-labels-idx1-ubyte.gz")->required();
  idx->add_option("--val-images", options.val_images,
                  "The same for validation; without, a share of the others is");
  idx->add_option("--val-labels", options.val_labels, "Their classes");
  idx->add_option("--out", options.out, out_help)->required();
  add_share(idx, options.val_share, options.seed);
  return idx;
}

}  // namespace

void add_example_commands(CLI::App& app, ExampleCommands& commands) {
  commands.digits_command = add_digits(app, commands.digits);
  commands.classes_command = add_classes(app, commands.classes, commands.fit);
  commands.idx_command = add_idx(app, commands.idx);
}

void run_example_commands(ExampleCommands& commands) {
  if (*commands.digits_command) {
    const DigitFileOptions& digits = commands.digits;
    write_digits(digits);
    fmt::print("{}: {} digits of {} x {} pixels in ten classes, every tenth for validation\n", digits.out,
               readable_count(digits.count), digits.side, digits.side);
  }
  if (*commands.classes_command) {
    commands.classes.fit = image_fit_from_name(commands.fit);
    fmt::print("{}", describe(prepare_classes(commands.classes), commands.classes.out));
  }
  if (*commands.idx_command) fmt::print("{}", describe(prepare_idx(commands.idx), commands.idx.out));
}

}  // namespace dlcore
