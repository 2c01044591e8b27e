// What the targets of pictures do.
#pragma once

#include <cstddef>
#include <cstdint>

namespace dlcore::fuzz {

/// Decodes a picture and makes it square, as dlcore_prepare does.
void use_picture(const std::uint8_t* data, std::size_t size, const char* name);

}  // namespace dlcore::fuzz
