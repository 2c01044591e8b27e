// A small file of pictures with classes, or with numbers to be met, that networks can learn.
#pragma once

#include "tests/io/odd_hdf5.h"
#include "tests/temporary_directory.h"

namespace dlcore::test {

/// Pictures (6, 5, 1), or sequences (6, 5), of noise with a bright column, whose number is the class; or with
/// the sums of their rows as targets.
struct ExampleFile {
  explicit ExampleFile(bool classes = true, bool pictures = true);

  TemporaryDirectory folder;
  std::string path = folder.file("examples.h5");
};

}  // namespace dlcore::test
