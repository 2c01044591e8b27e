#include "io/text_lines.h"

#include <algorithm>

#include "io/atomic_file.h"

namespace dlcore {

std::vector<std::string> read_lines(const std::string& path) {
  const std::string text = read_file(path);
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const bool windows = end > at && text[end - 1] == '\r';
    lines.push_back(text.substr(at, end - at - (windows ? 1 : 0)));
    at = end + 1;
  }
  return lines;
}

}  // namespace dlcore
