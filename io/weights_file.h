// Tensors by name from a file of weights, whichever format it has: .safetensors or PyTorch's .pth.
//
// A PyTorch file holds a program for Python's pickle, with which a hostile file can do anything when Python
// loads it. Here it is read by a machine that builds dicts, lists, tuples, numbers, text and tensors;
// whatever else the file wants to do is an Error that names it. Sizes are checked against the file's own
// before memory is taken: what is read takes at most 64 MiB or 100 times the file's bytes, whichever is more,
// and the values that a pickle makes, at most 4 million, up to 512 MiB. Read are the zip format (PyTorch 1.6
// and newer) and the one before it, of either byte order, with views of any strides.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "io/stored_tensor.h"

namespace dlcore {

class WeightsFile {
 public:
  virtual ~WeightsFile() = default;

  const std::string& path() const { return path_; }
  /// In the order in which reading them is fast. Where all names begin with "module."
  /// (torch.nn.DataParallel), they are given without it.
  const std::vector<StoredTensor>& tensors() const { return tensors_; }
  const std::map<std::string, std::string>& metadata() const { return metadata_; }

  /// The elements of tensors()[index], row-major, little endian; valid until the next call.
  virtual std::span<const std::byte> read(std::size_t index) = 0;

 protected:
  WeightsFile(std::string path, std::map<std::string, std::string> metadata)
      : path_(std::move(path)), metadata_(std::move(metadata)) {}
  /// Error unless the names are text: UTF-8 without control characters, 1 to 1000 bytes, not __metadata__
  /// (which a safetensors file cannot hold).
  void set_tensors(std::vector<StoredTensor> tensors);

 private:
  std::string path_;
  std::vector<StoredTensor> tensors_;
  std::map<std::string, std::string> metadata_;
};

/// Reads and checks everything but the elements. The format is found by content. `key` chooses among the
/// state dicts of a PyTorch checkpoint; "": the only one, or the outermost (see io/state_dict.h); an Error
/// lists them where there are several. Error for a key with a safetensors file, which has no such parts.
std::unique_ptr<WeightsFile> open_weights(const std::string& path, const std::string& key = "");

}  // namespace dlcore
