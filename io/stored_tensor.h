// Tensors as files hold them: more element types than the library computes with (core/dtype.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/shape.h"

namespace dlcore {

/// Bytes of an element of this type, by its name in safetensors files: BOOL, U8, I8, I16, U16, F16, BF16,
/// I32, U32, F32, I64, U64, F64, F8_E4M3, F8_E5M2. 0 where there is no such type.
std::size_t stored_element_bytes(const std::string& type);

struct StoredTensor {
  std::string name;
  std::string type;  // one of the above
  Shape shape;

  /// Error unless there is such a type.
  std::uint64_t bytes() const;
};

/// A floating-point type that stored tensors can be converted from and to: F64, F32, F16 or BF16.
bool is_stored_floating(const std::string& type);

/// The elements as another such type, rounded to nearest even (from F64 to a 16-bit type by way of float32,
/// as PyTorch does). Infinity and NaN stay what they are. Error, which begins with `where`, for a finite
/// value that becomes infinite.
std::vector<std::byte> convert_elements(std::span<const std::byte> from, const std::string& from_type,
                                        const std::string& to_type, const std::string& where);

}  // namespace dlcore
