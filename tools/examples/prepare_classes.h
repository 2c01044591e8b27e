// dlcore_prepare classes: a folder of pictures by class as a file of examples.
#pragma once

#include <cstdint>
#include <string>

#include "io/image_resize.h"
#include "tools/examples/example_report.h"

namespace dlcore {

struct ClassesOptions {
  std::string folder;  // tools/examples/class_folder.h
  std::string out;
  std::int64_t size = 32;  // side of the pictures that are written
  ImageFit fit = ImageFit::crop;
  double val_share = 0.1;  // of each class, where the folder names no validation pictures
  std::uint64_t seed = 1;  // of which these are
  int threads = 0;         // that read pictures; 0: one for each processor
  bool quiet = false;      // shows no progress
};

/// Writes OUT (io/FORMAT.md, "Examples"): inputs (n, size, size, 3), classes named after their folders.
/// Pictures that cannot be read are left out; the report and OUT.dropped.txt have them. The file does not
/// depend on the number of threads. Error for what list_class_folder refuses, for a class of which no
/// training picture can be read, and when OUT can't be written.
ExampleReport prepare_classes(const ClassesOptions& options);

}  // namespace dlcore
