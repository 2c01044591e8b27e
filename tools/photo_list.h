// The photos that a command line names.
#pragma once

#include <string>
#include <vector>

namespace dlcore {

/// Files as they are, and of folders all files in them whose names end in .jpg, .jpeg or .png (in any case),
/// in alphabetical order. Throws Error for a path that does not exist and a folder without pictures.
std::vector<std::string> list_photos(const std::vector<std::string>& paths);

}  // namespace dlcore
