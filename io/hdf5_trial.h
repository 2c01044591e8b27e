// A first reading of an HDF5 file in a process of its own. Internal to io.
//
// The C library checks little of what describes the data: a file made to break it can crash it, make it loop,
// or let it overwrite memory, and each version has its own such places. So a file is read once by a child of
// this process before the process itself reads it: what dies there harms nobody.
#pragma once

#include <string>

namespace dlcore {

/// Reads what can be read of an HDF5 file in 2 s: the names of what is in it, its attributes, and of each
/// dataset all text and 65,536 numbers (or so many at its beginning and its end). Error when
/// the child died of it or was at it for 10 s of processor time. A file that is unchanged since it passed is
/// not read again. Call it under Hdf5Lock.
void try_hdf5_file(const std::string& path);

}  // namespace dlcore
