#include "tests/fuzz/mutate/mutator.h"
#include "tests/fuzz/mutate/safetensors_parts.h"

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most,
                                               unsigned int seed) {
  return dlcore::fuzz::mutate_safetensors(data, size, most, seed);
}
