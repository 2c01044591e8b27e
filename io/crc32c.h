// CRC-32C (Castagnoli), as iSCSI and TensorFlow's record files use it. RFC 3720, appendix B.4 has known
// answers.
#pragma once

#include <cstdint>
#include <string_view>

namespace dlcore {

/// `start`: the CRC of what comes before; in pieces it is that of the whole.
std::uint32_t crc32c(std::string_view bytes, std::uint32_t start = 0);

}  // namespace dlcore
