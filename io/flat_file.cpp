#include "io/flat_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "core/error.h"

namespace dlcore {

FlatFile::FlatFile(const std::string& path) : path_(path) {
  descriptor_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (descriptor_ < 0) fail("cannot open {}: {}", path, std::strerror(errno));
  size_ = ::lseek(descriptor_, 0, SEEK_END);
}

FlatFile& FlatFile::operator=(FlatFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(descriptor_, other.descriptor_);
  std::swap(size_, other.size_);
  return *this;
}

FlatFile::~FlatFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void FlatFile::append(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::pwrite(descriptor_, bytes.data(), bytes.size(), size_);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail("cannot write {}: {}", path_, std::strerror(errno));
    size_ += written;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

bool FlatFile::read(std::int64_t offset, void* out, std::size_t bytes) const {
  char* to = static_cast<char*>(out);
  while (bytes > 0) {
    const ssize_t got = ::pread(descriptor_, to, bytes, offset);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail("cannot read {}: {}", path_, std::strerror(errno));
    if (got == 0) return false;
    to += got;
    offset += got;
    bytes -= static_cast<std::size_t>(got);
  }
  return true;
}

void FlatFile::cut(std::int64_t size) {
  if (::ftruncate(descriptor_, size) != 0) fail("cannot cut {}: {}", path_, std::strerror(errno));
  size_ = size;
}

}  // namespace dlcore
