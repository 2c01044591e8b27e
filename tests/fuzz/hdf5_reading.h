// What the targets of HDF5 files do with one.
#pragma once

#include <string>

namespace dlcore::fuzz {

/// Reads it in each layout that there is: as a data file, as Stanford CS231n's captions and features, and
/// each of its datasets by itself.
void read_hdf5(const std::string& path);

}  // namespace dlcore::fuzz
