#include "io/torch_file.h"

#include <algorithm>
#include <cstring>

#include "core/error.h"

namespace dlcore {
namespace {

bool is_contiguous(const TorchTensor& tensor) {
  std::int64_t expected = 1;
  for (std::size_t i = tensor.sizes.size(); i > 0; --i) {
    if (tensor.sizes[i - 1] != 1 && tensor.strides[i - 1] != expected) return false;
    expected *= tensor.sizes[i - 1];
  }
  return true;
}

// The tensor's elements of so many bytes, row-major. `from` begins at its first one.
void gather(const TorchTensor& tensor, std::size_t element, const std::byte* from, std::byte* to) {
  const std::size_t rank = tensor.sizes.size();  // at least 1: a scalar is contiguous
  const auto inner = static_cast<std::size_t>(tensor.sizes[rank - 1]);
  const auto step = static_cast<std::size_t>(tensor.strides[rank - 1]) * element;
  std::vector<std::int64_t> index(rank, 0);
  for (std::int64_t rows = tensor.count() / tensor.sizes[rank - 1]; rows > 0; --rows) {
    std::int64_t at = 0;
    for (std::size_t i = 0; i + 1 < rank; ++i) at += index[i] * tensor.strides[i];
    const std::byte* row = from + static_cast<std::size_t>(at) * element;
    for (std::size_t i = 0; i < inner; ++i, to += element) std::memcpy(to, row + i * step, element);
    for (std::size_t i = rank - 1; i > 0 && ++index[i - 1] == tensor.sizes[i - 1]; --i) index[i - 1] = 0;
  }
}

}  // namespace

TorchFile::TorchFile(std::unique_ptr<TorchContainer> file, const std::string& key)
    : WeightsFile(file->values.where(), {{"format", "pt"}}),  // as PyTorch's users of safetensors write it
      file_(std::move(file)),
      entries_(find_state_dict(*file_, key)) {
  std::stable_sort(entries_.begin(), entries_.end(), [](const StateDictEntry& a, const StateDictEntry& b) {
    return a.tensor->storage < b.tensor->storage;
  });
  ranges_.resize(file_->objects.storages().size());
  const std::uint64_t most = std::max<std::uint64_t>(100 * file_->file_bytes, 64 << 20);
  std::uint64_t total = 0;
  std::vector<StoredTensor> tensors;
  for (const auto& [name, tensor] : entries_) {
    require(tensor->sizes.size() <= static_cast<std::size_t>(Shape::max_rank),
            "{}: tensor \"{}\" has {} dimensions, more than {}", path(), name, tensor->sizes.size(),
            Shape::max_rank);
    tensors.push_back({name, file_->objects.storages()[tensor->storage].type,
                       Shape(std::span<const std::int64_t>(tensor->sizes))});
    const std::uint64_t bytes = tensors.back().bytes();
    require(bytes <= most - total,
            "{}: the tensors claim to have more than {} bytes in a file of {}, as a decompression bomb does",
            path(), most, file_->file_bytes);
    total += bytes;
    Range& range = ranges_[tensor->storage];
    if (tensor->count() == 0) continue;
    range.begin = range.end == 0 ? tensor->offset : std::min(range.begin, tensor->offset);
    range.end = std::max(range.end, tensor->last());
  }
  set_tensors(std::move(tensors));
}

void TorchFile::load(std::uint32_t storage) {
  if (loaded_ == storage) return;
  loaded_ = -1;
  const std::size_t element = stored_element_bytes(file_->objects.storages()[storage].type);
  const Range& range = ranges_[storage];
  storage_.resize(static_cast<std::size_t>(range.end - range.begin) * element);
  file_->read(storage, static_cast<std::uint64_t>(range.begin) * element, storage_);
  if (file_->big_endian)
    for (auto at = storage_.begin(); at != storage_.end(); at += static_cast<std::ptrdiff_t>(element))
      std::reverse(at, at + static_cast<std::ptrdiff_t>(element));
  loaded_ = storage;
}

std::span<const std::byte> TorchFile::read(std::size_t index) {
  const TorchTensor& tensor = *entries_.at(index).tensor;
  const std::size_t element = stored_element_bytes(tensors()[index].type);
  const auto bytes = static_cast<std::size_t>(tensors()[index].bytes());
  if (bytes == 0) return {};
  load(tensor.storage);
  const std::byte* from =
      storage_.data() + static_cast<std::size_t>(tensor.offset - ranges_[tensor.storage].begin) * element;
  if (is_contiguous(tensor)) return {from, bytes};
  tensor_.resize(bytes);
  gather(tensor, element, from, tensor_.data());
  return tensor_;
}

}  // namespace dlcore
