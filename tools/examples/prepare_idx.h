// dlcore_prepare idx: MNIST's files, and those of its successors, as a file of examples.
#pragma once

#include <cstdint>
#include <string>

#include "tools/examples/example_report.h"

namespace dlcore {

struct IdxOptions {
  std::string images;  // io/idx_file.h: (n, H, W) or (n, H, W, channels)
  std::string labels;  // (n)
  std::string val_images;
  std::string val_labels;  // both or neither
  std::string out;
  double val_share = 0.1;  // of each class, where there are no files for validation
  std::uint64_t seed = 1;  // of which these are
};

/// Writes OUT (io/FORMAT.md, "Examples"): inputs (n, H, W, channels), 1 channel where the file has none, in
/// the order of the files. Error for what read_idx refuses, labels and images that are exchanged or not as
/// many, an empty file, and pictures for validation of another size.
ExampleReport prepare_idx(const IdxOptions& options);

}  // namespace dlcore
