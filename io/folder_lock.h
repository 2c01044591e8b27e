// A folder that one process works in at a time.
#pragma once

#include <string>

namespace dlcore {

/// Makes the folder where it is not there, and locks it until the object is gone or the process has ended,
/// however it ended. Error when another process has it: `use` says what that does, as "another dlcore_prepare
/// works on the same file".
class FolderLock {
 public:
  FolderLock(const std::string& folder, const std::string& use);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  std::string path_;
  int descriptor_ = -1;
};

}  // namespace dlcore
