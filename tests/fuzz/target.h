// What the fuzz targets share. A target gives hostile bytes to a reader, as fuzz_NAME(data, size). The reader
// may accept them, or refuse them with an Error of one sentence; everything else is a finding: another
// exception, a crash, what a sanitizer says, too much memory or time, a message that is no sentence, a file
// left behind.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

#include "core/error.h"

namespace dlcore::fuzz {

/// What libFuzzer stops at, and the replaying test fails by: it is not among the errors of dlcore.
class Finding : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

/// Throws Finding unless `condition` holds.
inline void expect(bool condition, const std::string& what) {
  if (!condition) throw Finding(what);
}

/// Finding unless a message is one line of text, not empty and no longer than a screen.
void check_sentence(std::string_view message);

/// Whether the reader took the input; false where it refused it in due form.
template <class Read>
bool accepted(Read read) {
  try {
    read();
    return true;
  } catch (const Error& error) {
    check_sentence(error.what());
    return false;
  }
}

/// A folder in memory where there is such a place, removed with everything in it.
class ScratchFolder {
 public:
  ScratchFolder();
  ~ScratchFolder();
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// The input as a file, in a folder where there is nothing else.
class InputFile {
 public:
  InputFile(std::string_view bytes, const std::string& name);
  ~InputFile();
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  const std::string& path() const { return path_; }
  /// Another file in the folder.
  static std::string beside(const std::string& name);
  /// Finding where the folder holds anything but the input.
  void check_folder() const;

 private:
  std::string path_;
};

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// Looks at every byte, so that a sanitizer sees what is not there, and a compiler cannot leave it out.
void touch(std::span<const std::byte> bytes);
template <class Container>
void touch_all(const Container& values) {
  touch(std::as_bytes(std::span(values.data(), values.size())));
}

}  // namespace dlcore::fuzz
