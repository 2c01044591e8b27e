#include "io/atomic_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "core/error.h"

namespace dlcore {

namespace fs = std::filesystem;

namespace {

// The file that a chain of links leads to, which need not exist.
fs::path follow_links(fs::path path) {
  std::error_code error;
  for (int links = 0; links < 40 && fs::is_symlink(path, error); ++links) {
    const fs::path next = fs::read_symlink(path, error);
    if (error) break;
    path = next.is_absolute() ? next : path.parent_path() / next;
  }
  return path;
}

std::string reason(int code) {
  return std::strerror(code);
}

}  // namespace

std::string file_behind_links(const std::string& path) {
  require(!path.empty(), "cannot write a file without a name");
  const fs::path target = follow_links(path);
  std::error_code error;
  const fs::file_status status = fs::status(target, error);
  if (fs::is_directory(status)) fail("cannot write {}: it is a directory", path);
  if (fs::exists(status) && !fs::is_regular_file(status))
    fail("cannot write {}: it is not a regular file", path);
  return target.string();
}

AtomicFile::AtomicFile(const std::string& path) : path_(path), target_(file_behind_links(path)) {
  static std::atomic<int> counter{0};
  temporary_ = fmt::format("{}.{}-{}.tmp", target_, getpid(), counter++);
  descriptor_ = ::open(temporary_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (descriptor_ < 0) fail("cannot write {}: {}", path, reason(errno));
}

AtomicFile::~AtomicFile() {
  if (descriptor_ < 0) return;
  ::close(descriptor_);
  ::unlink(temporary_.c_str());
}

void AtomicFile::write(const void* data, std::size_t bytes) {
  const char* from = static_cast<const char*>(data);
  while (bytes > 0) {
    const ssize_t written = ::write(descriptor_, from, bytes);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail("cannot write {}: {}", path_, reason(errno));
    from += written;
    bytes -= static_cast<std::size_t>(written);
  }
}

void AtomicFile::commit() {
  // Without the sync a crash of the machine may leave the new name with old or no contents.
  if (::fsync(descriptor_) != 0) fail("cannot write {}: {}", path_, reason(errno));
  rename_durably(temporary_, target_);
  ::close(std::exchange(descriptor_, -1));
}

void rename_durably(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) fail("cannot write {}: {}", to, reason(errno));
  const fs::path folder = fs::path(to).parent_path();
  const int directory = ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory >= 0) {  // the rename itself; best effort, not every file system can
    ::fsync(directory);
    ::close(directory);
  }
}

void write_file_atomically(const std::string& path, std::string_view contents) {
  AtomicFile file(path);
  file.write(contents);
  file.commit();
}

void require_readable_file(const std::string& path) {
  struct stat status = {};
  if (::stat(path.c_str(), &status) != 0)
    fail("cannot open {}: {}", path.empty() ? "\"\"" : path, reason(errno));
  require(!S_ISDIR(status.st_mode), "cannot open {}: it is a directory", path);
  require(S_ISREG(status.st_mode), "cannot open {}: it is not a regular file", path);
  if (::access(path.c_str(), R_OK) != 0) fail("cannot open {}: {}", path, reason(errno));
}

std::string read_file(const std::string& path, std::size_t limit) {
  require_readable_file(path);
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) fail("cannot open {}: {}", path, reason(errno));
  std::string text;
  char buffer[65536];
  ssize_t got = 0;
  while ((got = ::read(descriptor, buffer, sizeof buffer)) != 0) {
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 || text.size() + static_cast<std::size_t>(got) > limit) break;
    text.append(buffer, static_cast<std::size_t>(got));
  }
  const int code = got < 0 ? errno : 0;
  ::close(descriptor);
  if (code != 0) fail("cannot read {}: {}", path, reason(code));
  require(got == 0, "{} is larger than {} bytes, which is not expected of such a file", path, limit);
  return text;
}

}  // namespace dlcore
