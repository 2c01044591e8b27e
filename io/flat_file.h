// Files that grow at their end. Internal to io.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace dlcore {

/// Error, with the reason, where the file can't be opened, written or cut.
class FlatFile {
 public:
  FlatFile() = default;
  explicit FlatFile(const std::string& path);  // made where it is not there
  FlatFile(FlatFile&& other) noexcept { *this = std::move(other); }
  FlatFile& operator=(FlatFile&& other) noexcept;
  ~FlatFile();

  const std::string& path() const { return path_; }
  std::int64_t size() const { return size_; }
  void append(std::string_view bytes);
  /// False when the file ends before.
  bool read(std::int64_t offset, void* out, std::size_t bytes) const;
  /// Drops all from `size` on; the next append goes there.
  void cut(std::int64_t size);

 private:
  std::string path_;
  int descriptor_ = -1;
  std::int64_t size_ = 0;
};

}  // namespace dlcore
