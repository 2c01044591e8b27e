// PyTorch's files in tests/golden/torch_files (made by make_torch_files.py).
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "io/weights_file.h"

namespace dlcore::test {

inline const std::string torch_files = DLCORE_TEST_GOLDEN "/torch_files/";

/// The name of each good file, without .pth.
std::vector<std::string> good_torch_files();

/// The bytes of one of the hostile files, and their names.
std::string hostile_torch_file(const std::string& name);
std::vector<std::string> hostile_torch_files();

/// The key that a file needs; "" for all but one.
std::string torch_file_key(const std::string& name);

/// Empty where the weights are what PyTorch finds in the good file of this name, bit for bit; else the
/// difference.
std::string difference_from_torch(WeightsFile& weights, const std::string& name);

/// Reads every tensor of a file; Error as open_weights() and read() throw it.
void read_everything(const std::string& path, const std::string& key = "");

}  // namespace dlcore::test
