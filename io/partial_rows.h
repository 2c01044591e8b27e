// Rows on their way into a data file, in a folder beside it, which survive an interruption at any moment:
// kill -9, a crash, a full disk. HDF5 files do not, hence rows wait in flat files until all are there.
//
//     OUT.partial/settings.json   what the rows were made from; a later run must have the same
//                 features        rows of float16 or float32, one after the other
//                 images          rows of S * S * 3 bytes
//                 journal         a line of JSON for each batch of items: how many, which gave no row and
//                 why, and
//                                 checksums of the batch's rows and of the sizes of its sources
//                 lock            held while a process works there
//
// A batch counts when its line in the journal is whole and the checksums hold: the rows are written before
// the line, and whatever follows the last good batch is cut off. Nothing depends on the order in which a disk
// stores writes.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "io/hdf5.h"

namespace dlcore {

class PartialRows {
 public:
  struct Options {
    std::string settings = "{}";                 // a JSON object
    std::int64_t item_count = 0;                 // how many there are in all
    std::int64_t feature_size = 0;               // values in a row of features; 0: none
    Hdf5Element element = Hdf5Element::float16;  // or float32
    std::int64_t image_bytes = 0;                // in a row of pixels; 0: none
    bool restart = false;                        // throw away what is there
  };
  struct Item {
    std::int64_t source_size = 0;  // of the file it comes from, in bytes; -1: there is none
    std::string problem = {};      // why it gives no row; empty: it gives one
  };

  /// Opens or makes OUT.partial. `source_size(i)` is the size now of what item i comes from: a batch of which
  /// a source has changed is made again, with all behind it. Error when another process works there, when the
  /// settings there are others (names the first that differs), or when the folder can't be made.
  PartialRows(const std::string& out, Options options,
              const std::function<std::int64_t(std::int64_t)>& source_size);
  ~PartialRows();  // keeps the folder if it has rows
  PartialRows(const PartialRows&) = delete;
  PartialRows& operator=(const PartialRows&) = delete;

  /// The items that are done, in order; the next one to make is items().size().
  const std::vector<Item>& items() const;
  std::int64_t row_count() const;  // items without a problem

  /// The next batch: the rows of its items without a problem, in order. Rows must fit (first_misfit).
  void append(std::span<const Item> items, std::span<const float> features,
              std::span<const std::uint8_t> images);

  /// features (feature_size) and pixels (image_bytes) of a row.
  void read(std::int64_t row, std::span<float> features, std::span<std::uint8_t> pixels) const;

  /// Where to write the finished file; publish() then renames it to OUT and removes the folder.
  std::string finished_path() const;
  void publish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace dlcore
