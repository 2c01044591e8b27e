#include "models/data_identity.h"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "core/error.h"
#include "io/atomic_file.h"
#include "io/checksum.h"

namespace dlcore {
namespace {

constexpr std::int64_t piece = std::int64_t{64} << 10;
constexpr std::int64_t most_pieces = 4096;

DataFileIdentity identify(const std::string& key, const std::string& path) {
  require_readable_file(path);
  std::ifstream file(path, std::ios::binary);
  DataFileIdentity identity{key, path, static_cast<std::int64_t>(std::filesystem::file_size(path)), {}};
  const std::int64_t pieces = std::min((identity.bytes + piece - 1) / piece, most_pieces);
  std::uint64_t sum = 0;
  std::string bytes;
  for (std::int64_t i = 0; i < pieces; ++i) {
    // Those of a small file follow one another.
    const std::int64_t begin =
        pieces < most_pieces ? i * piece : i * ((identity.bytes - piece) / (most_pieces - 1));
    bytes.resize(static_cast<std::size_t>(std::min(piece, identity.bytes - begin)));
    file.seekg(begin);
    require(static_cast<bool>(file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()))),
            "{}: cannot read {}: it has become shorter", key, path);
    sum = checksum(bytes, sum);
  }
  identity.checksum = fmt::format("{:016x}", sum);
  return identity;
}

}  // namespace

void DataFileIdentity::state(SavedState& saved) {
  saved.value("key", key);
  saved.value("path", path);
  saved.value("bytes", bytes);
  saved.value("checksum", checksum);
}

std::vector<DataFileIdentity> data_identity(const Config& config) {
  const Config::Data& data = config.data;
  const bool both = data.validate_on == "val";
  const std::pair<const char*, std::string> files[] = {{"data.file", data.file},
                                                       {"data.captions", data.captions},
                                                       {"data.vocabulary", data.vocabulary},
                                                       {"data.train_features", data.train_features},
                                                       {"data.val_features", both ? data.val_features : ""},
                                                       {"data.train_urls", data.train_urls},
                                                       {"data.val_urls", both ? data.val_urls : ""}};
  std::vector<DataFileIdentity> all;
  for (const auto& [key, path] : files)
    if (!path.empty()) all.push_back(identify(key, data.located(path)));
  return all;
}

void require_same_data(const std::vector<DataFileIdentity>& then, const std::vector<DataFileIdentity>& now) {
  for (const DataFileIdentity& file : then)
    require(std::any_of(now.begin(), now.end(), [&](const auto& one) { return one.key == file.key; }),
            "{} is empty, but {} was part of this run's data when it began", file.key, file.path);
  for (const DataFileIdentity& file : now) {
    const auto old =
        std::find_if(then.begin(), then.end(), [&](const auto& one) { return one.key == file.key; });
    require(old != then.end(), "{} {} was not part of this run's data when it began", file.key, file.path);
    require(old->bytes == file.bytes,
            "{} {} is not what it was when this run began: it had {} bytes and has {}", file.key, file.path,
            old->bytes, file.bytes);
    require(old->checksum == file.checksum,
            "{} {} is not what it was when this run began: its contents have changed", file.key, file.path);
  }
}

}  // namespace dlcore
