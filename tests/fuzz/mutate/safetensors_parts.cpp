#include "tests/fuzz/mutate/safetensors_parts.h"

#include "io/crc32c.h"
#include "tests/fuzz/mutate/checksums.h"
#include "tests/fuzz/mutate/mutator.h"

namespace dlcore::fuzz {

std::size_t mutate_safetensors(std::uint8_t* data, std::size_t size, std::size_t most, unsigned int seed) {
  std::minstd_rand random(seed);
  const std::uint64_t length = size < 8 ? size : little_endian(data, 8);
  if (size < 8 || length > size - 8 || random() % 16 == 0) return LLVMFuzzerMutate(data, size, most);
  const std::string text(reinterpret_cast<const char*>(data), size);
  std::string header = text.substr(8, length), tensors = text.substr(8 + length);
  const std::size_t room = most > size ? most - size : 0;
  if (random() % 4 != 0 || tensors.empty()) {
    header = mutated(header, room);
  } else {
    tensors = mutated(tensors, random() % 2 != 0 ? room : 0);
  }
  std::string file(8, '\0');
  put_little_endian(reinterpret_cast<std::uint8_t*>(file.data()), header.size(), 8);
  file += header + tensors;
  if (header.find("crc32c") != std::string::npos && tensors.size() >= 4) {
    const std::uint32_t sum = crc32c(std::string_view(file).substr(0, file.size() - 4));
    put_little_endian(reinterpret_cast<std::uint8_t*>(file.data()) + file.size() - 4, sum, 4);
  }
  return replace(data, size, most, file);
}

}  // namespace dlcore::fuzz
