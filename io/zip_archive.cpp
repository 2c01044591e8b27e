#include "io/zip_archive.h"

#include <zip.h>

#include <algorithm>
#include <filesystem>
#include <utility>
#include <vector>

#include "core/error.h"
#include "io/atomic_file.h"
#include "io/json_text.h"

namespace dlcore {
namespace {

zip_t* open_archive(const std::string& path) {
  require_readable_file(path);
  int code = 0;
  zip_t* archive = zip_open(path.c_str(), ZIP_RDONLY, &code);
  if (archive) return archive;
  zip_error_t error;
  zip_error_init_with_code(&error, code);
  const std::string reason = zip_error_strerror(&error);
  zip_error_fini(&error);
  fail("{} is no zip archive that can be read, or is truncated: {}", path, reason);
}

}  // namespace

ZipArchive::ZipArchive(const std::string& path) : path_(path), archive_(open_archive(path), zip_discard) {
  const std::uint64_t file_size = std::filesystem::file_size(path);
  const std::uint64_t most = std::max<std::uint64_t>(100 * file_size, 64 << 20);
  std::uint64_t total = 0;
  const zip_int64_t count = zip_get_num_entries(archive_.get(), 0);
  for (zip_int64_t i = 0; i < count; ++i) {
    const auto index = static_cast<zip_uint64_t>(i);
    zip_stat_t status;
    zip_stat_init(&status);
    constexpr zip_uint64_t needed = ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE |
                                    ZIP_STAT_COMP_METHOD | ZIP_STAT_ENCRYPTION_METHOD;
    require(zip_stat_index(archive_.get(), index, ZIP_FL_ENC_RAW, &status) == 0 &&
                (status.valid & needed) == needed,
            "{}: entry {} of the zip archive cannot be read", path, i);
    const std::string name = status.name;
    require(status.encryption_method == ZIP_EM_NONE, "{}: entry \"{}\" of the zip archive is encrypted", path,
            quoted_piece(name));
    require(status.comp_method == ZIP_CM_STORE || status.comp_method == ZIP_CM_DEFLATE,
            "{}: entry \"{}\" of the zip archive is packed by method {}, expected stored (0) or deflated (8)",
            path, quoted_piece(name), status.comp_method);
    require(status.comp_size <= file_size &&
                (status.comp_method != ZIP_CM_STORE || status.size == status.comp_size),
            "{}: entry \"{}\" of the zip archive claims {} bytes, {} packed, but the file has only {}", path,
            quoted_piece(name), status.size, status.comp_size, file_size);
    require(
        status.size <= most - total,
        "{}: the zip archive claims to hold more than {} bytes in a file of {}, as a decompression bomb does",
        path, most, file_size);
    total += status.size;
    const bool fresh = entries_.emplace(name, Entry{index, status.size}).second;
    require(fresh, "{}: the zip archive has the entry \"{}\" twice", path, quoted_piece(name));
  }
}

ZipArchive::~ZipArchive() = default;

const ZipArchive::Entry* ZipArchive::find(const std::string& name) const {
  const auto found = entries_.find(name);
  return found == entries_.end() ? nullptr : &found->second;
}

void ZipArchive::read(const std::string& name, std::uint64_t begin, std::span<std::byte> to) const {
  const Entry* entry = find(name);
  require(entry, "{}: the zip archive has no entry \"{}\"", path_, quoted_piece(name));
  require(begin <= entry->bytes && to.size() <= entry->bytes - begin,
          "{}: bytes {} to {} of entry \"{}\" are wanted, which has {}", path_, begin, begin + to.size(),
          quoted_piece(name), entry->bytes);
  const std::unique_ptr<zip_file_t, int (*)(zip_file_t*)> file(
      zip_fopen_index(archive_.get(), entry->index, 0), zip_fclose);
  require(file != nullptr, "{}: entry \"{}\" of the zip archive cannot be read: {}", path_,
          quoted_piece(name), zip_strerror(archive_.get()));
  std::vector<std::byte> dropped(std::min<std::uint64_t>(entry->bytes, 1 << 16));
  for (std::uint64_t at = 0;;) {
    const bool wanted = at >= begin && at < begin + to.size();
    std::span<std::byte> into = dropped;
    if (wanted) into = to.subspan(static_cast<std::size_t>(at - begin));
    if (at < begin)
      into = into.first(static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), begin - at)));
    std::byte beyond{};
    if (into.empty()) into = {&beyond, 1};
    const zip_int64_t got =
        zip_fread(file.get(), into.data(), into.size());  // verifies the checksum at the end
    require(got >= 0, "{}: entry \"{}\" of the zip archive is damaged: {}", path_, quoted_piece(name),
            zip_file_strerror(file.get()));
    if (got == 0) {
      require(at == entry->bytes,
              "{}: entry \"{}\" of the zip archive has {} bytes, not the {} that it claims", path_,
              quoted_piece(name), at, entry->bytes);
      return;
    }
    at += static_cast<std::uint64_t>(got);
    require(at <= entry->bytes,
            "{}: entry \"{}\" of the zip archive has more than the {} bytes that it claims", path_,
            quoted_piece(name), entry->bytes);
  }
}

std::string ZipArchive::read_text(const std::string& name, std::uint64_t limit) const {
  const Entry* entry = find(name);
  require(entry, "{}: the zip archive has no entry \"{}\"", path_, quoted_piece(name));
  require(entry->bytes <= limit, "{}: entry \"{}\" has {} bytes, more than {}", path_, quoted_piece(name),
          entry->bytes, limit);
  std::string text(static_cast<std::size_t>(entry->bytes), '\0');
  read(name, 0, std::as_writable_bytes(std::span(text)));
  return text;
}

}  // namespace dlcore
