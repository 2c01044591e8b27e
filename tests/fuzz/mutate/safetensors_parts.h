// Changes to safetensors files that keep them whole: the header's length, and the checksum of those that have
// one.
#pragma once

#include <cstddef>
#include <cstdint>

namespace dlcore::fuzz {

std::size_t mutate_safetensors(std::uint8_t* data, std::size_t size, std::size_t most, unsigned int seed);

}  // namespace dlcore::fuzz
