#include "tests/fuzz/target.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace dlcore::fuzz {
namespace {

namespace fs = std::filesystem;

const std::string& folder() {
  static const ScratchFolder instance;
  return instance.path();
}

}  // namespace

void check_sentence(std::string_view message) {
  const std::string text(message);
  expect(!message.empty(), "an error without a message");
  expect(message.size() <= 8192,
         "a message of " + std::to_string(message.size()) + " bytes: " + text.substr(0, 200));
  for (const char letter : message)
    expect(static_cast<unsigned char>(letter) >= ' ' && letter != '\x7f',
           "a message with control characters: " + text);
}

ScratchFolder::ScratchFolder() {
  const fs::path memory = "/dev/shm";
  const bool usable = fs::is_directory(memory) && access(memory.c_str(), W_OK) == 0;
  path_ = ((usable ? memory : fs::temp_directory_path()) / "dlcore-fuzz-XXXXXX").string();
  if (mkdtemp(path_.data()) == nullptr)
    throw std::runtime_error("cannot make a temporary directory " + path_);
}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

InputFile::InputFile(std::string_view bytes, const std::string& name) : path_(beside(name)) {
  std::ofstream file(path_, std::ios::binary | std::ios::trunc);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  file.close();
  if (!file.good()) throw std::runtime_error("cannot write " + path_);
}

InputFile::~InputFile() {
  std::error_code ignored;
  fs::remove(path_, ignored);
}

std::string InputFile::beside(const std::string& name) {
  return folder() + "/" + name;
}

void InputFile::check_folder() const {
  for (const auto& entry : fs::directory_iterator(folder()))
    expect(entry.path().string() == path_, "left behind: " + entry.path().string());
}

void touch(std::span<const std::byte> bytes) {
  // AddressSanitizer checks a copy as a whole: HDF5 files claim 64 MiB, which take a second byte by byte.
  std::array<std::byte, 16384> piece;
  while (!bytes.empty()) {
    const std::size_t count = std::min(bytes.size(), piece.size());
    std::memcpy(piece.data(), bytes.data(), count);
    asm volatile("" : : "r"(piece.data()) : "memory");
    bytes = bytes.subspan(count);
  }
}

}  // namespace dlcore::fuzz
