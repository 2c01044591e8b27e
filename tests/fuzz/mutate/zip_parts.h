// Zip archives of stored entries, taken apart and put together.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace dlcore::fuzz {

using ZipParts = std::vector<std::pair<std::string, std::string>>;  // names and contents

/// The stored entries, as their local headers say; none where the file is no such archive.
ZipParts zip_parts(const std::string& file);
std::string zip_of(const ZipParts& parts);

}  // namespace dlcore::fuzz
