// The checksums of file formats, for mutators that repair them.
#pragma once

#include <cstddef>
#include <cstdint>

namespace dlcore::fuzz {

/// CRC-32 as in ISO 3309: of PNG and zip.
std::uint32_t crc32(const std::uint8_t* data, std::size_t size);
/// Bob Jenkins' lookup3, hashlittle with an initial value of 0: of HDF5.
std::uint32_t lookup3(const std::uint8_t* data, std::size_t size);

void put_little_endian(std::uint8_t* at, std::uint64_t value, int bytes);
void put_big_endian(std::uint8_t* at, std::uint64_t value, int bytes);
std::uint64_t little_endian(const std::uint8_t* at, int bytes);
std::uint64_t big_endian(const std::uint8_t* at, int bytes);

}  // namespace dlcore::fuzz
