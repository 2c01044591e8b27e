#include "io/weights_file.h"

#include <algorithm>
#include <fstream>

#include "core/error.h"
#include "io/atomic_file.h"
#include "io/json_text.h"
#include "io/safetensors.h"
#include "io/torch_file.h"

namespace dlcore {
namespace {

class SafetensorsWeights final : public WeightsFile {
 public:
  explicit SafetensorsWeights(SafetensorsReader reader)
      : WeightsFile(reader.path(), reader.metadata()), reader_(std::move(reader)), names_(reader_.names()) {
    std::vector<StoredTensor> tensors;
    for (const auto& name : names_) tensors.push_back({name, reader_.stored_type(name), reader_.shape(name)});
    set_tensors(std::move(tensors));
  }
  std::span<const std::byte> read(std::size_t index) override {
    tensor_.resize(static_cast<std::size_t>(tensors().at(index).bytes()));
    reader_.read_bytes(names_[index], tensor_.data());
    return tensor_;
  }

 private:
  SafetensorsReader reader_;
  std::vector<std::string> names_;  // as the file has them
  std::vector<std::byte> tensor_;
};

}  // namespace

void WeightsFile::set_tensors(std::vector<StoredTensor> tensors) {
  constexpr std::size_t longest = 1000;
  const std::string prefix = "module.";
  bool all_have_it = true;
  for (const StoredTensor& each : tensors) {
    const std::string& name = each.name;
    require(!name.empty() && name.size() <= longest && is_utf8(name) && name != "__metadata__" &&
                std::none_of(name.begin(), name.end(),
                             [](char c) { return static_cast<unsigned char>(c) < ' '; }),
            "{}: a tensor's name should be 1 to {} bytes of text, but one is \"{}\"", path_, longest,
            quoted_piece(name));
    all_have_it = all_have_it && name.starts_with(prefix) && name.size() > prefix.size();
  }
  if (all_have_it)
    for (StoredTensor& each : tensors) each.name.erase(0, prefix.size());
  tensors_ = std::move(tensors);
}

std::unique_ptr<WeightsFile> open_weights(const std::string& path, const std::string& key) {
  require_readable_file(path);
  std::string start(512, '\0');
  std::ifstream file(path, std::ios::binary);
  file.read(start.data(), static_cast<std::streamsize>(start.size()));
  start.resize(static_cast<std::size_t>(file.gcount()));
  require(!start.empty(), "{} is empty", path);
  if (start.starts_with("PK\x03\x04")) return std::make_unique<TorchFile>(open_torch_zip(path), key);
  if (start.size() > 8 && start[8] == '{') {
    require(key.empty(), "{} is a safetensors file, which has no state dict \"{}\" in it", path, key);
    return std::make_unique<SafetensorsWeights>(SafetensorsReader(path));
  }
  if (start[0] == '\x80') return std::make_unique<TorchFile>(open_torch_legacy(path), key);
  require(start.size() < 262 || start.compare(257, 5, "ustar") != 0,
          "{} is a tar archive, as PyTorch wrote until 2017: load it in PyTorch and save its state dict anew",
          path);
  fail("{} is neither a safetensors file nor one that torch.save wrote", path);
}

}  // namespace dlcore
