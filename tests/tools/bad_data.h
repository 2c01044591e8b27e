// A small data set in the CS231n layout with a configuration for it, of which a test spoils one thing.
#pragma once

#include <string>
#include <vector>

#include "tests/io/odd_hdf5.h"
#include "tests/temporary_directory.h"
#include "tests/tools/run_program.h"

namespace dlcore::test {

struct BadData {
  TemporaryDirectory folder;
  OddDataset train_captions{
      "train_captions", OddType::int32, {4, 4}, {1, 4, 5, 2, 1, 5, 2, 0, 1, 4, 2, 0, 1, 2, 0, 0}};
  OddDataset train_idxs{"train_image_idxs", OddType::int32, {4}, {0, 1, 0, 1}};
  OddDataset val_captions{"val_captions", OddType::int32, {2, 4}, {1, 4, 2, 0, 1, 5, 2, 0}};
  OddDataset val_idxs{"val_image_idxs", OddType::int32, {2}, {0, 1}};
  OddDataset train_features{"features", OddType::float32, {2, 3}, {1, 2, 3, 4, 5, 6}};
  OddDataset val_features{"features", OddType::float32, {2, 3}, {7, 8, 9, 1, 2, 3}};
  std::string words = R"({"idx_to_word": ["<NULL>", "<START>", "<END>", "<UNK>", "a", "dog"]})";
  std::string config =
      "model:\n  wordvec_dim: 4\n  hidden_dim: 5\ndata:\n  captions: captions.h5\n  vocabulary: vocab.json\n"
      "  train_features: train.h5\n  val_features: val.h5\ntrain:\n  epochs: 1\n  batch: 2\n";

  std::string out() const { return folder.file("run"); }
  std::string model() const { return out() + "/model.safetensors"; }
  /// Writes all files.
  void write() const;
  /// dlcore_train on the files as they are.
  ProgramResult train(const std::vector<std::string>& arguments = {}) const;
};

}  // namespace dlcore::test
