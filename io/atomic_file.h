// Files that are written whole or not at all: written under a temporary name in the same directory, synced to
// the disk and renamed.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace dlcore {

class AtomicFile {
 public:
  /// Creates the temporary file. Error when the directory is missing or not writable, or when `path` is there
  /// and is not a regular file. A symbolic link is followed: its target is replaced.
  explicit AtomicFile(const std::string& path);
  ~AtomicFile();  // removes the temporary file unless commit() was reached
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  const std::string& path() const { return path_; }
  /// For a library that opens files by name; it may truncate the file but not replace it.
  const std::string& temporary_path() const { return temporary_; }

  void write(const void* data, std::size_t bytes);  // appends
  void write(std::string_view text) { write(text.data(), text.size()); }

  /// Syncs and renames. The object can't be used afterwards.
  void commit();

 private:
  std::string path_;    // as given, for messages
  std::string target_;  // links followed
  std::string temporary_;
  int descriptor_ = -1;
};

/// The file that a chain of symbolic links leads to, which need not exist. Error unless `path` is a regular
/// file or nothing.
std::string file_behind_links(const std::string& path);

/// Renames within a directory, and syncs that.
void rename_durably(const std::string& from, const std::string& to);

void write_file_atomically(const std::string& path, std::string_view contents);

/// Error, with the reason, unless `path` is a regular file that can be read. (Opening a pipe would wait
/// forever.)
void require_readable_file(const std::string& path);

/// The whole file. Error when it is missing, not a regular file, not readable, or larger than `limit` bytes.
std::string read_file(const std::string& path, std::size_t limit = std::size_t{1} << 30);

}  // namespace dlcore
