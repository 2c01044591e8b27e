#include "core/error.h"

#include <algorithm>
#include <utility>

namespace dlcore {
namespace {

std::string one_line(std::string text) {
  constexpr std::size_t most = 8000;
  if (text.size() > most) {
    std::size_t end = most;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80)
      --end;  // not within a character
    text = text.substr(0, end) + "...";
  }
  const auto is_control = [](char letter) {
    return static_cast<unsigned char>(letter) < ' ' || letter == '\x7f';
  };
  std::replace_if(text.begin(), text.end(), is_control, ' ');
  return text;
}

}  // namespace

Error::Error(std::string message) : std::runtime_error(one_line(std::move(message))) {}

}  // namespace dlcore
