// Text files that are lists, one entry per line.
#pragma once

#include <string>
#include <vector>

namespace dlcore {

/// Lines without their ends, \n or Windows' \r\n; the last line may lack its end. Error as from read_file.
std::vector<std::string> read_lines(const std::string& path);

}  // namespace dlcore
