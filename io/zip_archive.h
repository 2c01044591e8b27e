// Reading zip archives: entries that are stored or deflated, zip64, by libzip. Internal to io.
//
// A file is trusted in nothing: names are unique, sizes are bounded by the file's own (see the constructor),
// checksums are verified.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>

struct zip;

namespace dlcore {

class ZipArchive {
 public:
  struct Entry {
    std::uint64_t index = 0;
    std::uint64_t bytes = 0;  // unpacked
  };

  /// Reads the directory. Error for a file that is no zip archive, an entry that is encrypted or packed in
  /// another way, a name that is there twice, and for entries that together claim to be more than 100 times
  /// as large as the file and more than 64 MiB.
  explicit ZipArchive(const std::string& path);
  ~ZipArchive();
  ZipArchive(const ZipArchive&) = delete;
  ZipArchive& operator=(const ZipArchive&) = delete;

  const std::map<std::string, Entry>& entries() const { return entries_; }
  const Entry* find(const std::string& name) const;  // nullptr where there is none

  /// Fills `to` from byte `begin` of the entry on. The whole entry is unpacked, so that its checksum is
  /// verified.
  void read(const std::string& name, std::uint64_t begin, std::span<std::byte> to) const;
  /// The whole entry; Error where it is missing or has more than `limit` bytes.
  std::string read_text(const std::string& name, std::uint64_t limit) const;

 private:
  std::string path_;
  std::unique_ptr<zip, void (*)(zip*)> archive_;
  std::map<std::string, Entry> entries_;
};

}  // namespace dlcore
