#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "core/error.h"
#include "io/atomic_file.h"
#include "io/json_text.h"
#include "io/torch_container.h"

namespace dlcore {
namespace {

static_assert(std::endian::native == std::endian::little, "counts are read as they are");

class TorchLegacy final : public TorchContainer {
 public:
  explicit TorchLegacy(const std::string& path) : TorchContainer(path), path_(path) {
    require_readable_file(path);
    file_bytes = std::filesystem::file_size(path);
    file_.open(path, std::ios::binary);
    require(file_.good(), "cannot open {}", path);

    constexpr std::string_view magic = "\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19";
    const auto* first = values.get<PickleWideInteger>(next_pickle());
    require(first && first->bytes == magic,
            "{} is a pickle, but not PyTorch's: it does not begin with PyTorch's magic number", path);
    const auto* version = values.get<std::int64_t>(next_pickle());
    require(version && *version == 1001, "{}: the format's version should be 1001, but is {}", path,
            version ? std::to_string(*version) : "no number");
    next_pickle();  // sizes of C's types on the machine that wrote the file: they do not matter for tensors
    root = next_pickle();
    find_storages(next_pickle());
  }

  void read(std::uint32_t storage, std::uint64_t begin, std::span<std::byte> to) override {
    file_.clear();
    file_.seekg(static_cast<std::streamoff>(begins_[storage] + begin));
    require(static_cast<bool>(
                file_.read(reinterpret_cast<char*>(to.data()), static_cast<std::streamsize>(to.size()))),
            "cannot read {}: the file has become shorter", path_);
  }

 private:
  PickleRef next_pickle() {
    const auto at = static_cast<std::uint64_t>(file_.tellg());
    return read_pickle(file_, std::min(file_bytes - at, torch_pickle_limit), values, objects);
  }

  void find_storages(PickleRef keys) {
    const auto* list = values.get<PickleSequence>(keys);
    require(list, "{}: the storages' keys should be a list, but are {}", path_, values.kind(keys));
    std::map<std::string, std::uint32_t> by_key;
    for (std::uint32_t i = 0; i < objects.storages().size(); ++i) by_key[objects.storages()[i].key] = i;
    begins_.resize(objects.storages().size());
    auto at = static_cast<std::uint64_t>(file_.tellg());
    for (const PickleRef ref : list->items) {
      const auto* key = values.get<std::string>(ref);
      const auto found = key ? by_key.find(*key) : by_key.end();
      require(found != by_key.end(),
              "{}: the storages' keys have {}, which no tensor has, or which is there twice", path_,
              key ? fmt::format("\"{}\"", quoted_piece(*key)) : values.kind(ref));
      const TorchStorage& storage = objects.storages()[found->second];
      std::uint64_t count = 0;
      require(at + sizeof count <= file_bytes, "{} is truncated: storage \"{}\" is missing", path_,
              quoted_piece(*key));
      file_.seekg(static_cast<std::streamoff>(at));
      require(static_cast<bool>(file_.read(reinterpret_cast<char*>(&count), sizeof count)), "cannot read {}",
              path_);
      require(count == storage.count, "{}: storage \"{}\" should have {} elements, but has {}", path_,
              quoted_piece(*key), storage.count, count);
      at += sizeof count;
      require(storage.bytes() <= file_bytes - at,
              "{} is truncated: storage \"{}\" should have {} bytes, but {} are left", path_,
              quoted_piece(*key), storage.bytes(), file_bytes - at);
      begins_[found->second] = at;
      at += storage.bytes();
      by_key.erase(found);
    }
    require(by_key.empty(), "{}: storage \"{}\" is missing", path_,
            by_key.empty() ? "" : quoted_piece(by_key.begin()->first));
    require(at == file_bytes, "{}: there are {} unused bytes after the last storage", path_, file_bytes - at);
  }

  std::string path_;
  std::ifstream file_;
  std::vector<std::uint64_t> begins_;  // of each storage's bytes in the file
};

}  // namespace

std::unique_ptr<TorchContainer> open_torch_legacy(const std::string& path) {
  return std::make_unique<TorchLegacy>(path);
}

}  // namespace dlcore
