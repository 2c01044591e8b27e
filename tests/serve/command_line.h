// What dlcore_caption says, to compare a server's answers with.
#pragma once

#include <string>
#include <vector>

namespace dlcore::test {

/// Its lines for a photo or a folder of photos, each with the photo's path, without the line about the
/// device.
std::vector<std::string> caption_lines(const std::string& model, const std::string& photos,
                                       const std::vector<std::string>& options);

}  // namespace dlcore::test
