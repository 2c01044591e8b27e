#include <filesystem>
#include <sstream>

#include "core/error.h"
#include "io/json_text.h"
#include "io/torch_container.h"
#include "io/zip_archive.h"

namespace dlcore {
namespace {

class TorchZip final : public TorchContainer {
 public:
  explicit TorchZip(const std::string& path) : TorchContainer(path), archive_(path) {
    file_bytes = std::filesystem::file_size(path);
    const std::string pickle = "/data.pkl";
    for (const auto& [name, entry] : archive_.entries()) {
      const auto folder = name.find('/');
      if (folder == std::string::npos || folder == 0 || name.substr(folder) != pickle) continue;
      require(folder_.empty(), "{}: the zip archive has data.pkl in two folders, \"{}\" and \"{}\"", path,
              quoted_piece(folder_), quoted_piece(name));
      folder_ = name.substr(0, folder + 1);
    }
    require(!folder_.empty(), "{} is a zip archive, but not PyTorch's: it has no NAME/data.pkl", path);
    require(!archive_.find(folder_ + "constants.pkl"),
            "{} is a TorchScript program, expected weights: torch.save(model.state_dict(), ...)", path);
    if (archive_.find(folder_ + "byteorder")) {
      const std::string order = archive_.read_text(folder_ + "byteorder", 100);
      require(order == "little" || order == "big",
              "{}: the byte order should be little or big, but is \"{}\"", path, quoted_piece(order));
      big_endian = order == "big";
    }
    std::istringstream text(archive_.read_text(folder_ + pickle.substr(1), torch_pickle_limit));
    root = read_pickle(text, torch_pickle_limit, values, objects);
    for (const TorchStorage& storage : objects.storages()) {
      const auto* entry = archive_.find(record(storage));
      require(entry, "{}: storage \"{}\" is missing", path, quoted_piece(storage.key));
      require(entry->bytes == storage.bytes(),
              "{}: storage \"{}\" should have {} bytes ({} elements of {}), but has {}", path,
              quoted_piece(storage.key), storage.bytes(), storage.count, storage.type, entry->bytes);
    }
  }

  void read(std::uint32_t storage, std::uint64_t begin, std::span<std::byte> to) override {
    archive_.read(record(objects.storages()[storage]), begin, to);
  }

 private:
  std::string record(const TorchStorage& storage) const { return folder_ + "data/" + storage.key; }

  ZipArchive archive_;
  std::string folder_;  // "weights/"
};

}  // namespace

std::unique_ptr<TorchContainer> open_torch_zip(const std::string& path) {
  return std::make_unique<TorchZip>(path);
}

}  // namespace dlcore
