// libFuzzer's own mutations, for mutators that apply them to a part of a file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t most);
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most,
                                               unsigned int seed);

namespace dlcore::fuzz {

/// The part, changed; it may grow by `room` bytes.
inline std::string mutated(std::string part, std::size_t room) {
  const std::size_t size = part.size();
  part.resize(size + room);
  part.resize(LLVMFuzzerMutate(reinterpret_cast<std::uint8_t*>(part.data()), size, part.size()));
  return part;
}

/// Copies a file over the input where it fits; else the input stays.
inline std::size_t replace(std::uint8_t* data, std::size_t size, std::size_t most, const std::string& file) {
  if (file.size() > most) return size;
  file.copy(reinterpret_cast<char*>(data), file.size());
  return file.size();
}

}  // namespace dlcore::fuzz
