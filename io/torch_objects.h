// Storages and tensors of a PyTorch file, as its pickle names them. Internal to io.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "io/pickle.h"

namespace dlcore {

/// Memory that tensors are views of: `count` elements of one type under a key that the container knows.
struct TorchStorage {
  std::string key;
  std::string type;  // as in StoredTensor
  std::uint64_t count = 0;

  std::uint64_t bytes() const;
};

/// Element (i, j, ...) is element `offset + i strides[0] + j strides[1] + ...` of the storage, which has it.
struct TorchTensor {
  std::uint32_t storage = 0;
  std::int64_t offset = 0;
  std::vector<std::int64_t> sizes, strides;

  std::int64_t count() const;  // elements
  std::int64_t last()
      const;  // element of the storage after the last one that the tensor has; offset where it has none
};

/// Makes the objects: torch._utils._rebuild_tensor, _rebuild_tensor_v2, _rebuild_parameter, torch.Size and
/// the ten classes of storages.
class TorchObjects final : public PickleFactory {
 public:
  const std::vector<TorchStorage>& storages() const { return storages_; }
  /// nullptr where the value is no tensor.
  const TorchTensor* tensor(const PickleValues& values, PickleRef ref) const;

  std::string refusal(const std::string& global) const override;
  PickleValue call(const std::string& global, std::span<const PickleRef> arguments,
                   const PickleValues& values) override;
  PickleValue load(PickleRef id, const PickleValues& values) override;

 private:
  struct View {  // of a storage; old files have views of views
    std::uint32_t storage = 0;
    std::uint64_t offset = 0, count = 0;
  };
  PickleValue rebuild_tensor(std::span<const PickleRef> arguments, const PickleValues& values);

  std::vector<TorchStorage> storages_;
  std::map<std::string, std::uint32_t> by_key_;
  std::vector<View> views_;
  std::vector<TorchTensor> tensors_;
};

}  // namespace dlcore
