// PyTorch's .pth files as WeightsFile. Internal to io: use open_weights().
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "io/state_dict.h"
#include "io/torch_container.h"
#include "io/weights_file.h"

namespace dlcore {

class TorchFile final : public WeightsFile {
 public:
  /// Error for a tensor of more than Shape::max_rank dimensions, and where the tensors take more than 100
  /// times the file's bytes and more than 64 MiB (a view with strides of 0 can have any size).
  TorchFile(std::unique_ptr<TorchContainer> file, const std::string& key);
  std::span<const std::byte> read(std::size_t index) override;

 private:
  struct Range {  // of a storage's elements: those that the tensors have
    std::int64_t begin = 0, end = 0;
  };
  void load(std::uint32_t storage);

  std::unique_ptr<TorchContainer> file_;
  std::vector<StateDictEntry> entries_;      // ordered by storage: each of them is read once
  std::vector<Range> ranges_;                // per storage
  std::int64_t loaded_ = -1;                 // the storage that is in memory
  std::vector<std::byte> storage_, tensor_;  // its range; the tensor where it is not simply a piece of that
};

}  // namespace dlcore
