// The photos that a command line names.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace dlcore {

/// Files as they are, and of folders all files in them whose names end in .jpg, .jpeg or .png (in any case),
/// in alphabetical order. Throws Error for a path that does not exist and a folder without pictures.
std::vector<std::string> list_photos(const std::vector<std::string>& paths);

/// The ids that an annotation file (io/caption_annotations.h) gives to photos, by the names of their files
/// without folders. Error for a photo that it does not have, or of whose name it has two.
std::vector<std::int64_t> photo_ids(const std::vector<std::string>& photos, const std::string& annotations);

}  // namespace dlcore
