#include "io/folder_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "core/error.h"

namespace dlcore {

FolderLock::FolderLock(const std::string& folder, const std::string& use) : path_(folder + "/lock") {
  std::error_code error;
  std::filesystem::create_directory(folder, error);
  if (error) fail("cannot make the folder {}: {}", folder, error.message());
  require(std::filesystem::is_directory(folder), "cannot make the folder {}: a file has this name", folder);
  descriptor_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (descriptor_ < 0) fail("cannot open {}: {}", path_, std::strerror(errno));
  if (::flock(descriptor_, LOCK_EX | LOCK_NB) == 0) {
    struct stat locked = {}, named = {};  // the run that had it may just have finished and removed the file
    if (::fstat(descriptor_, &locked) == 0 && ::stat(path_.c_str(), &named) == 0 &&
        locked.st_ino == named.st_ino)
      return;
  } else if (errno != EWOULDBLOCK) {
    return;  // a file system without locks
  }
  ::close(descriptor_);
  fail("{} is in use: {}", folder, use);
}

FolderLock::~FolderLock() {
  ::unlink(path_.c_str());
  ::close(descriptor_);
}

}  // namespace dlcore
