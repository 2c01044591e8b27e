// Writes files of examples that are pictures with classes: io/example_data.h reads them, io/FORMAT.md
// describes them.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/shape.h"

namespace dlcore {

/// Writes examples as they come, under a temporary name in the same directory; finish() renames. Destroyed
/// before finish(), it leaves nothing behind.
class ExampleFileWriter {
 public:
  struct Options {
    Shape input_shape;                          // (H, W, channels) of every picture
    std::vector<std::string> class_names = {};  // empty: classes have no names
    std::string creator;                        // program and version
  };

  ExampleFileWriter(const std::string& path, Options options);
  ~ExampleFileWriter();
  ExampleFileWriter(const ExampleFileWriter&) = delete;
  ExampleFileWriter& operator=(const ExampleFileWriter&) = delete;

  /// Appends an example to `split` ("train", "val" or "test"). pixels (H, W, channels). Error for a class
  /// below 0 or without a name where there are names.
  void add(const std::string& split, std::span<const std::uint8_t> pixels, std::int32_t label);
  std::int64_t count(const std::string& split) const;  // so far

  /// Error when nothing was written.
  void finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace dlcore
