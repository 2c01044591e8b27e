// Text of varying length as HDF5 stores it: references into the file's global heap. Internal to io.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "io/hdf5_internal.h"

namespace dlcore {

/// The C library copies as many bytes as the heap has to where there is room for as many as the reference
/// says (1.10 does), so that a damaged or hostile file overwrites memory, or asks for gigabytes of it.
/// Returns the bytes of all texts together; Error, which begins with "cannot read `where`", unless each
/// reference is to an object of its length. `read(type, buffer)`: H5Dread or H5Aread of all `count` elements;
/// false: it failed.
std::uint64_t check_text_references(hid_t file, std::size_t count, const std::string& where,
                                    const std::function<bool(hid_t type, void* buffer)>& read);

}  // namespace dlcore
